import {
  kafkaConsumerSettings,
  postgresSettings,
  temporalSettings,
  tokenSettings,
} from '../../lib/config/common-settings.ts'

/** The settings of a summary process. */
export const summarySettings = {
  ...kafkaConsumerSettings,
  ...postgresSettings,
  ...temporalSettings,
  ...tokenSettings,
} as const
