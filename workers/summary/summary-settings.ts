import {
  kafkaConsumerSettings,
  postgresSettings,
  temporalSettings,
  tokenSettings,
} from '../../lib/config/common-settings.ts'
import { integer, setting } from '../../lib/config/settings.ts'

/** The settings of a summary process. */
export const summarySettings = {
  ...kafkaConsumerSettings,
  ...postgresSettings,
  ...temporalSettings,
  ...tokenSettings,
  // A database that fails over or restarts is back in minutes; what lasts longer is somebody's to know.
  summaryStorePatienceSeconds: setting(
    integer(1, 86_400).default(900),
    'How long the process waits for its database, at its start and while it works, before it ends with an error',
  ),
} as const
