import { defineHttpRole } from '../define-http-role.ts'
import { httpSettings } from '../http-settings.ts'
import { authorisationSettings, mountAuthorisation } from './mount-authorisation.ts'

/** The authorisation service alone in a process. */
export const role = defineHttpRole({
  name: 'authorisation',
  settings: { ...httpSettings, ...authorisationSettings },
  mount: mountAuthorisation,
})
