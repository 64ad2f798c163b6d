import type { BatchContext, IncomingRecord } from '../../lib/kafka/start-consumer.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import type { NewDelivery, WokenEndpoint } from './journal/append-deliveries.ts'
import type { PushJournal } from './journal/create-journal.ts'
import type { PushMetrics } from './create-push-metrics.ts'
import type { PushRecordReader } from './read-push-record.ts'

/** What the write side needs. */
export interface PushHandlerDependencies {
  readonly readRecord: PushRecordReader
  readonly journal: Pick<PushJournal, 'append'>
  readonly metrics: Pick<PushMetrics, 'recordRead'>
  /** Signals workflows in the background. Never throws: what it does not reach is found by the sweeper. */
  readonly wake: (endpoints: readonly WokenEndpoint[]) => void
  /** Puts a record aside for good; throws where it cannot be made durable. */
  readonly reject: (record: IncomingRecord, reason: string) => Promise<void>
  readonly logger: Logger
}

/**
 * Creates the handler of batches: journals what is to be delivered in one statement, and completes the records when that
 * is durable. A record that nobody wants delivered is completed, one that cannot be read is put aside.
 */
export function createPushHandler(
  dependencies: PushHandlerDependencies,
): (records: readonly IncomingRecord[], context: BatchContext) => Promise<void> {
  const { readRecord, journal, metrics, wake, reject, logger } = dependencies
  return async (records, context) => {
    const startedAt = performance.now()
    const outcomes: Record<string, number> = {}
    const deliveries: NewDelivery[] = []
    const wanted: IncomingRecord[] = []
    for (const record of records) {
      if (context.signal.aborted) return
      const read = await readRecord(record.value)
      const outcome = read.outcome === 'deliver' ? 'journalled' : read.reason
      metrics.recordRead(outcome)
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      if (read.outcome === 'deliver') {
        deliveries.push(read.delivery)
        wanted.push(record)
        continue
      }
      if (read.outcome === 'reject') await reject(record, read.reason)
      context.complete(record)
    }
    const { woken } = await journal.append(deliveries)
    for (const record of wanted) context.complete(record)
    if (woken.length > 0) wake(woken)
    logger.info(
      {
        topic: records[0]?.topic,
        partition: records[0]?.partition,
        records: records.length,
        outcomes,
        woken: woken.length,
        durationMs: Math.round(performance.now() - startedAt),
      },
      'batch.journalled',
    )
  }
}
