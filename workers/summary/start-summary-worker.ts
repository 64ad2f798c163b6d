import path from 'node:path'
import { createSummaryActivities } from '../../activities/summary/publish-summary.ts'
import type { ClientKeys } from '../../lib/client-keys/create-client-keys.ts'
import type { Producer } from '../../lib/kafka/create-producer.ts'
import { partitionFor } from '../../lib/kafka/partition-for.ts'
import type { Pool } from '../../lib/postgres/create-pool.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import type { TemporalOptions } from '../../lib/temporal/connect-temporal.ts'
import { startWorker, type RunningWorker } from '../../lib/temporal/start-worker.ts'
import { topics } from '../../lib/topology.ts'
import type { SummaryMetrics } from './create-metrics.ts'
import { extendWindow } from './extend-window.ts'
import { createRevisionStore } from './revision-store.ts'

/** Publications side by side: each holds a transaction's texts and a connection of the database. */
const maxConcurrentActivities = 8
/** More than are at work at once. Each is most of a MiB; one that waits is read again, from a dozen events, when it goes on. */
const maxCachedWorkflows = 200
/** A publication takes far less; what is not done by then is repeated. */
const shutdownGraceTimeMs = 5_000

/** Starts the worker that runs the workflows of transactions and publishes their summaries. */
export function startSummaryWorker(options: {
  temporal: TemporalOptions
  taskQueue: string
  pool: Pool
  clientKeys: ClientKeys
  producer: Producer
  metrics: SummaryMetrics
  logger: Logger
  onCrash: (error: unknown) => void
}): RunningWorker {
  const { temporal, taskQueue, pool, clientKeys, producer, metrics, logger, onCrash } = options
  const { name: topic, partitions } = topics.summary
  return startWorker({
    ...temporal,
    taskQueue,
    workflowsPath: path.join(import.meta.dirname, '../../workflows/index.ts'),
    activities: createSummaryActivities({
      ...createRevisionStore(pool, clientKeys),
      extendWindow: (key, untilMs) => extendWindow(pool, key, untilMs),
      writeSummary: (key, value) =>
        producer.send(topic, [
          { key: key.clientId, partition: partitionFor(key, partitions), value },
        ]),
      onPublished({ clientId, correlationId, decidedAtMs }, { outcome, revision, messages }) {
        const delayMs = Date.now() - decidedAtMs
        metrics.published.inc({ outcome })
        metrics.publishDelay.observe(delayMs / 1000)
        logger.info(
          { clientId, correlationId, revision, outcome, messages, delayMs },
          'summary.published',
        )
      },
      onUnusable({ clientId, correlationId }, error) {
        metrics.published.inc({ outcome: 'failed' })
        logger.error({ clientId, correlationId, code: error.code, error }, 'summary.failed')
      },
    }),
    maxConcurrentActivities,
    bounds: { maxCachedWorkflows, maxConcurrentLocalActivityExecutions: maxConcurrentActivities },
    shutdownGraceTimeMs,
    logger,
    onCrash,
  })
}
