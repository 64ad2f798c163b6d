import type { JournalFilling } from '../../lib/journal/create-journal-handler.ts'
import type { NewDelivery, WokenEndpoint } from './journal/append-deliveries.ts'
import type { PushJournal } from './journal/create-journal.ts'
import type { PushMetrics } from './create-push-metrics.ts'
import type { PushRecordReader } from './read-push-record.ts'

/** What the write side needs. */
export interface PushFillingDependencies {
  readonly readRecord: PushRecordReader
  readonly journal: Pick<PushJournal, 'append'>
  readonly metrics: Pick<PushMetrics, 'recordRead'>
  /** Signals workflows in the background. Never throws: what it does not reach is found by the sweeper. */
  readonly wake: (endpoints: readonly WokenEndpoint[]) => void
}

/** How push's journal is filled: what is to be delivered in one statement, after which endpoints are woken. */
export function createPushFilling(
  dependencies: PushFillingDependencies,
): JournalFilling<NewDelivery> {
  const { readRecord, journal, metrics, wake } = dependencies
  return {
    readRecord,
    async append(deliveries) {
      const { woken } = await journal.append(deliveries)
      if (woken.length > 0) wake(woken)
      return { woken: woken.length }
    },
    recordRead: (outcome) => metrics.recordRead(outcome),
  }
}
