import { defineHttpRole } from '../define-http-role.ts'
import { httpSettings } from '../http-settings.ts'
import { firehoseStreamSettings } from './firehose-settings.ts'
import { mountFirehose } from './mount-firehose.ts'

/** The stream of the firehose alone in a process. */
export const role = defineHttpRole({
  name: 'firehose-stream',
  settings: { ...httpSettings, ...firehoseStreamSettings },
  mount: mountFirehose,
})
