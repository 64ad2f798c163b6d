import type { Client } from '@temporalio/client'
import type { KafkaOptions } from '../../lib/kafka/create-kafka.ts'
import type { Producer } from '../../lib/kafka/create-producer.ts'
import { sendDeadLetter } from '../../lib/kafka/send-dead-letter.ts'
import { startConsumer, type Consumer } from '../../lib/kafka/start-consumer.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import { createTokenVerifier } from '../../lib/token/create-token-verifier.ts'
import { verifyConsumedToken } from '../../lib/token/verify-consumed-token.ts'
import { topics } from '../../lib/topology.ts'
import type { SummaryMetrics } from './create-metrics.ts'
import { createBatchHandler } from './handle-batch.ts'
import type { Journal } from './journal.ts'
import { readSummaryRights } from './read-summary-rights.ts'
import { signalTransactions } from './signal-transactions.ts'

/** Batches are statements of the database: a few side by side keep it busy. */
const concurrentPartitions = 4
/** Crops are read and left behind; bounds the memory of what waits. */
const maxFetchBytes = 32 * 1024 * 1024

/** The consumer group, named in dead letters. */
const group = 'summary'

/** Starts to journal `vision-1` and to tell the workflows. */
export function startSummaryConsumer(options: {
  kafka: KafkaOptions
  client: Client
  taskQueue: string
  sessionTimeoutMs: number
  journal: Journal
  producer: Producer
  keysDirectory: string
  issuer: string
  tokenCacheSize: number
  metrics: SummaryMetrics
  logger: Logger
  onCrash: (error: unknown) => void
}): Promise<Consumer> {
  const { kafka, client, taskQueue, journal, producer, metrics, logger, onCrash } = options
  const verifier = createTokenVerifier({
    keysDirectory: options.keysDirectory,
    issuer: options.issuer,
    cacheSize: options.tokenCacheSize,
  })
  return startConsumer({
    ...kafka,
    group,
    sessionTimeoutMs: options.sessionTimeoutMs,
    topics: [topics.vision.name],
    concurrentPartitions,
    maxFetchBytes,
    handle: createBatchHandler({
      journal,
      async readRights(token, at) {
        const { clientId, rights } = await verifyConsumedToken(verifier, { token, ingestedAt: at })
        return readSummaryRights(clientId, rights)
      },
      signalTransactions: (transactions) => signalTransactions(client, taskQueue, transactions),
      reject: (record, reason) => sendDeadLetter(producer, group, record, reason),
      logger,
      onRecord: (outcome) => metrics.records.inc({ outcome }),
    }),
    onCrash,
  })
}
