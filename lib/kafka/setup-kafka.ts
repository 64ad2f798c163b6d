import { kafkaSettings } from '../config/common-settings.ts'
import { integer, readConfig, setting } from '../config/settings.ts'
import { createLogger } from '../telemetry/create-logger.ts'
import { ensureTopics } from './ensure-topics.ts'

const settings = {
  ...kafkaSettings,
  kafkaReplicationFactor: setting(
    integer(1, 10).default(1),
    'Copies of each partition: 1 on a single broker, 3 in production',
  ),
} as const

/** The step before the first start: creates the topics. Idempotent. */
export async function setupKafka(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const config = readConfig(settings, environment)
  await ensureTopics({
    brokers: config.kafkaBrokers,
    topicPrefix: config.kafkaTopicPrefix,
    clientId: 'setup',
    replicationFactor: config.kafkaReplicationFactor,
    logger: createLogger({ role: 'setup', level: 'info' }),
  })
}
