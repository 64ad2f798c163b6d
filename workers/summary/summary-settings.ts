import {
  kafkaSettings,
  postgresSettings,
  temporalSettings,
  tokenSettings,
} from '../../lib/config/common-settings.ts'
import { integer, setting } from '../../lib/config/settings.ts'

/** The settings of a summary process. */
export const summarySettings = {
  ...kafkaSettings,
  ...postgresSettings,
  ...temporalSettings,
  ...tokenSettings,
  summarySessionTimeoutMs: setting(
    integer(6_000, 300_000).default(30_000),
    'After this silence the consumer group gives the partitions of a process to others',
  ),
} as const
