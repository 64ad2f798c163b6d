import type { kafkaConsumerSettings, kafkaSettings } from '../config/common-settings.ts'
import type { Config } from '../config/settings.ts'
import { createCarefulHandler } from '../kafka/create-careful-handler.ts'
import type { KafkaOptions } from '../kafka/create-kafka.ts'
import type { Producer } from '../kafka/create-producer.ts'
import type { IncomingRecord } from '../kafka/incoming-record.ts'
import { sendDeadLetter, type DeadLetterReason } from '../kafka/send-dead-letter.ts'
import { startConsumer, type Consumer } from '../kafka/start-consumer.ts'
import type { Logger } from '../telemetry/create-logger.ts'
import { topics } from '../topology.ts'
import { createJournalHandler, type JournalFilling } from './create-journal-handler.ts'

/** What fills a journal with what clients get. */
export interface JournalConsumerOptions<Item> {
  readonly config: Config<typeof kafkaConsumerSettings>
  /** The consumer group, and the name seen by the brokers. */
  readonly group: string
  readonly filling: JournalFilling<Item>
  /** For dead letters. */
  readonly producer: Producer
  readonly logger: Logger
  onCrash(error: unknown): void
}

/** Records that are fetched and not journalled yet; rendered they take a third more. */
const maxFetchBytes = 32 * 1024 * 1024
/** All partitions of both topics: their batches go together into one transaction. */
const concurrentPartitions = topics.vision.partitions + topics.summary.partitions

/** Where Kafka is, for a consumer of this group and the producer beside it. */
export function kafkaOptionsOf(
  config: Config<typeof kafkaSettings>,
  group: string,
): Omit<KafkaOptions, 'logger'> {
  return { brokers: config.kafkaBrokers, topicPrefix: config.kafkaTopicPrefix, clientId: group }
}

/**
 * Starts to read what clients get, the results of vision services and summaries, and to journal it. What cannot be journalled is
 * put aside as a dead letter. Rejects where Kafka cannot be reached.
 */
export function startJournalConsumer<Item>(
  options: JournalConsumerOptions<Item>,
): Promise<Consumer> {
  const { config, group, filling, producer, logger } = options
  const reject = (record: IncomingRecord, reason: DeadLetterReason) =>
    sendDeadLetter(producer, group, record, reason)
  const handle = createJournalHandler({ ...filling, reject, logger })
  return startConsumer({
    ...kafkaOptionsOf(config, group),
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
