import type {
  kafkaConsumerSettings,
  kafkaSettings,
  tokenSettings,
} from '../../lib/config/common-settings.ts'
import type { Config } from '../../lib/config/settings.ts'
import { createCarefulHandler } from '../../lib/kafka/create-careful-handler.ts'
import type { KafkaOptions } from '../../lib/kafka/create-kafka.ts'
import type { Producer } from '../../lib/kafka/create-producer.ts'
import { sendDeadLetter, type DeadLetterReason } from '../../lib/kafka/send-dead-letter.ts'
import {
  startConsumer,
  type Consumer,
  type IncomingRecord,
} from '../../lib/kafka/start-consumer.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import type { ClientKeys } from '../../lib/client-keys/create-client-keys.ts'
import { createTokenVerifier } from '../../lib/token/create-token-verifier.ts'
import { topics } from '../../lib/topology.ts'
import { createPushHandler } from './create-push-handler.ts'
import type { PushMetrics } from './create-push-metrics.ts'
import type { Waker } from './create-waker.ts'
import type { PushJournal } from './journal/create-journal.ts'
import type { SecretBox } from './journal/create-secret-box.ts'
import { createPushRecordReader } from './read-push-record.ts'

/** What the write side needs. */
export interface PushConsumerOptions {
  readonly config: Config<typeof kafkaConsumerSettings & typeof tokenSettings>
  readonly journal: PushJournal
  readonly metrics: PushMetrics
  readonly producer: Producer
  readonly keys: ClientKeys
  readonly box: SecretBox
  readonly waker: Waker
  readonly logger: Logger
  onCrash(error: unknown): void
}

/** The consumer group, and the name seen by the brokers. */
const group = 'push'
/** Records that are fetched and not journalled yet; rendered they take a third more. */
const maxFetchBytes = 32 * 1024 * 1024
/** All partitions of both topics: their batches go together into one transaction. */
const concurrentPartitions = topics.vision.partitions + topics.summary.partitions

/** Where Kafka is, for the push process. */
export function kafkaOptionsOf(config: Config<typeof kafkaSettings>): Omit<KafkaOptions, 'logger'> {
  return { brokers: config.kafkaBrokers, topicPrefix: config.kafkaTopicPrefix, clientId: group }
}

/** Starts the write side: journals what is to be delivered. Rejects where Kafka cannot be reached. */
export function startPushConsumer(options: PushConsumerOptions): Promise<Consumer> {
  const { config, journal, metrics, producer, keys, box, waker, logger } = options
  const verifier = createTokenVerifier({
    keysDirectory: config.ipsKeysDirectory,
    issuer: config.tokenIssuer,
    cacheSize: config.tokenCacheSize,
  })
  const readRecord = createPushRecordReader({
    ...{ verifier, keys, box },
    onMalformedClaim: (clientId, error) => logger.warn({ clientId, error }, 'claim.malformed'),
  })
  const reject = (record: IncomingRecord, reason: DeadLetterReason) =>
    sendDeadLetter(producer, group, record, reason)
  const handle = createPushHandler({
    ...{ journal, metrics, logger, readRecord, reject },
    wake: (endpoints) => waker.wake(endpoints),
  })
  return startConsumer({
    ...kafkaOptionsOf(config),
    logger,
    group,
    sessionTimeoutMs: config.kafkaSessionTimeoutMs,
    topics: [topics.vision.name, topics.summary.name],
    concurrentPartitions,
    maxFetchBytes,
    countsFailures: true,
    handle: createCarefulHandler({ handle, giveUp: reject, logger }),
    onCrash: (error) => options.onCrash(error),
  })
}
