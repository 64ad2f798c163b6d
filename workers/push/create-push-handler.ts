import { appendInParts, journalRefused } from '../../lib/kafka/append-in-parts.ts'
import type { DeadLetterReason } from '../../lib/kafka/send-dead-letter.ts'
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
  readonly reject: (record: IncomingRecord, reason: DeadLetterReason) => Promise<void>
  readonly logger: Logger
}

/**
 * Creates the handler of batches: journals what is to be delivered in one statement, and completes the records when that
 * is durable. A record that nobody wants delivered is completed, one that cannot be read or journalled is put aside.
 */
export function createPushHandler(
  dependencies: PushHandlerDependencies,
): (records: readonly IncomingRecord[], context: BatchContext) => Promise<void> {
  const { readRecord, journal, metrics, wake, reject, logger } = dependencies
  return async (records, context) => {
    const startedAt = performance.now()
    const outcomes: Record<string, number> = {}
    const note = (outcome: string) => {
      metrics.recordRead(outcome)
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    }
    const putAside = async (record: IncomingRecord, reason: DeadLetterReason) => {
      await reject(record, reason)
      note(reason.code)
      context.complete(record)
    }
    const wanted: WantedRecord[] = []
    const refused: RefusedRecord[] = []
    for (const record of records) {
      if (context.signal.aborted) return
      const read = await readRecord(record.value)
      if (read.outcome === 'deliver') wanted.push({ record, delivery: read.delivery })
      else if (read.outcome === 'reject') refused.push({ record, reason: read.reason })
      else {
        note(read.reason)
        context.complete(record)
      }
    }
    // A client whose key is damaged may have sent all of them: others in the partition wait no longer than for one.
    await Promise.all(refused.map(({ record, reason }) => putAside(record, reason)))
    let woken = 0
    const append = (part: readonly WantedRecord[]) =>
      journal.append(part.map(({ delivery }) => delivery))
    for await (const part of appendInParts(wanted, append)) {
      if ('refused' in part) {
        await putAside(part.refused.record, { code: journalRefused, detail: part.error.message })
        continue
      }
      for (const { record } of part.appended) {
        note('journalled')
        context.complete(record)
      }
      const endpoints = part.result.woken
      woken += endpoints.length
      if (endpoints.length > 0) wake(endpoints)
    }
    const [first] = records
    logger.info(
      {
        ...{ topic: first?.topic, partition: first?.partition, records: records.length },
        ...{ outcomes, woken },
        durationMs: Math.round(performance.now() - startedAt),
      },
      'batch.journalled',
    )
  }
}

/** A record that is to be put aside. */
interface RefusedRecord {
  readonly record: IncomingRecord
  readonly reason: DeadLetterReason
}

/** A record that is to be delivered. */
interface WantedRecord {
  readonly record: IncomingRecord
  readonly delivery: NewDelivery
}
