import { defineHttpRole } from '../define-http-role.ts'
import { httpSettings } from '../http-settings.ts'
import { ingestionSettings } from './ingestion-settings.ts'
import { mountIngestion } from './mount-ingestion.ts'

/** Ingestion alone in a process. */
export const role = defineHttpRole({
  name: 'ingestion',
  settings: { ...httpSettings, ...ingestionSettings },
  mount: mountIngestion,
})
