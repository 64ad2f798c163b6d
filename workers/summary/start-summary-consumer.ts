import type { Client } from '@temporalio/client'
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
import { verifyConsumedToken } from '../../lib/token/verify-consumed-token.ts'
import { topics } from '../../lib/topology.ts'
import type { SummaryMetrics } from './create-metrics.ts'
import type { StoreWatch } from './create-store-watch.ts'
import { createBatchHandler } from './handle-batch.ts'
import type { Journal, TransactionProgress } from './journal.ts'
import { readSummaryRights } from './read-summary-rights.ts'
import { signalTransactions } from './signal-transactions.ts'
import { takeOverPartition } from './take-over-partition.ts'

/** Batches are statements of the database: a few side by side keep it busy. */
const concurrentPartitions = 4
/** Crops are read and left behind; bounds the memory of what waits. */
const maxFetchBytes = 32 * 1024 * 1024

/** The consumer group, named in dead letters. */
const group = 'summary'

/** What the consumer needs. */
export interface SummaryConsumerOptions {
  readonly kafka: KafkaOptions
  readonly client: Client
  readonly taskQueue: string
  readonly sessionTimeoutMs: number
  readonly journal: Journal
  readonly storeWatch: StoreWatch
  readonly producer: Producer
  readonly clientKeys: ClientKeys
  readonly keysDirectory: string
  readonly issuer: string
  readonly tokenCacheSize: number
  readonly metrics: SummaryMetrics
  readonly logger: Logger
  readonly onCrash: (error: unknown) => void
}

/** Starts to journal `vision-1` from where the journal ends, and to tell the workflows. */
export function startSummaryConsumer(options: SummaryConsumerOptions): Promise<Consumer> {
  const { kafka, client, taskQueue, journal, storeWatch, producer, clientKeys, metrics, logger } =
    options
  const verifier = createTokenVerifier({
    keysDirectory: options.keysDirectory,
    issuer: options.issuer,
    cacheSize: options.tokenCacheSize,
  })
  const telling = {
    journal,
    signalTransactions: (transactions: readonly TransactionProgress[]) =>
      signalTransactions(client, taskQueue, transactions),
  }
  const reject = (record: IncomingRecord, reason: DeadLetterReason) =>
    sendDeadLetter(producer, group, record, reason)
  const handle = createBatchHandler({
    ...telling,
    ...{ reject, logger },
    async readRights(token, at) {
      const { clientId, rights } = await verifyConsumedToken(verifier, { token, ingestedAt: at })
      const wanted = readSummaryRights(clientId, rights)
      return wanted && { ...wanted, key: await clientKeys.keyFor(clientId) }
    },
    onRecords: (outcome, count) => metrics.records.inc({ outcome }, count),
  })
  return startConsumer({
    ...kafka,
    group,
    sessionTimeoutMs: options.sessionTimeoutMs,
    topics: [topics.vision.name],
    concurrentPartitions,
    maxFetchBytes,
    countsFailures: true,
    async loadOffset(topic, partition) {
      const own = await storeWatch.run(() => takeOverPartition(topic, partition, telling))
      metrics.starts.inc({ from: own === undefined ? 'beginning' : 'own' })
      return own
    },
    handle: createCarefulHandler({
      handle: (records, context) => storeWatch.run(() => handle(records, context)),
      ...{ giveUp: reject, logger },
    }),
    onCrash: (error) => options.onCrash(error),
  })
}
