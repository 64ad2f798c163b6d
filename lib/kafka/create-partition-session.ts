import { IpsError } from '../errors/ips-error.ts'
import { createRecordLedger, type RecordLedger } from './create-record-ledger.ts'
import type { FailureCounts } from './failure-counts.ts'
import type { IncomingRecord } from './incoming-record.ts'

/** What a handler can do besides its work. */
export interface BatchContext {
  /** Aborted when the work is no longer wanted: a rebalance took the partition, or the consumer stops. */
  readonly signal: AbortSignal
  /** Everything that the record caused is durable; in any order. Offsets are committed up to the first one that isn't. */
  complete(record: IncomingRecord): void
  /** How often the work on this record has failed, in earlier processes too. Needs `countsFailures`. */
  failures(record: IncomingRecord): number
  /**
   * Notes that the work on this record has failed once more; resolves to how often, as soon as that is durable. Needs
   * `countsFailures`. Throws a retryable `IpsError` where it cannot be made durable.
   */
  fail(record: IncomingRecord): Promise<number>
  /** Takes one failure of this record back: it was not to blame. Durable with the next commit. */
  forgive(record: IncomingRecord): void
}

/** What a session needs of its consumer. */
export interface PartitionSessionDependencies {
  /** Hands records over in their order, one call at a time; otherwise each by itself, many at once. */
  readonly ordered: boolean
  readonly stopping: AbortSignal
  /** The counts that are known for the partition; called once, before the first record is handled. */
  loadFailures(): Promise<FailureCounts>
  handle(records: readonly IncomingRecord[], context: BatchContext): Promise<void>
  /** Commits this session's position now. */
  commit(): Promise<void>
  /** Something was completed: there may be room for more. */
  onProgress(): void
  /** The session has ended in a failure that another try may mend: its records must be read again. */
  onPostpone(error: IpsError): void
  /** A failure that no other try can mend. */
  onCrash(error: unknown): void
}

/** The records of one partition, from their fetch to the commit of their offsets. */
export interface PartitionSession {
  readonly ledger: Pick<RecordLedger, 'pending' | 'position' | 'nextNeeded' | 'nextFetched'>
  /** Takes records that were fetched, in the order of their offsets; those that it has already are left out. */
  take(records: readonly IncomingRecord[]): void
  /** The records are no longer wanted here. */
  end(reason: unknown): void
  /** Resolves when no handler is at work. */
  settled(): Promise<void>
}

/** Records of one call at most: what one statement of a journal takes with ease. */
const maxBatchRecords = 500

/** Creates the session of a partition that was assigned. */
export function createPartitionSession(
  dependencies: PartitionSessionDependencies,
): PartitionSession {
  const { ordered, stopping } = dependencies
  const ledger = createRecordLedger()
  const ended = new AbortController()
  const signal = AbortSignal.any([ended.signal, stopping])
  const handleBatch = createBatchHandler(dependencies, ledger, signal)
  const waiting: IncomingRecord[] = []
  const running = new Set<Promise<void>>()

  const start = (batch: readonly IncomingRecord[]) => {
    const done: Promise<void> = handleBatch(batch)
      .catch((error: unknown) => {
        if (signal.aborted) return
        ended.abort(error)
        if (error instanceof IpsError && error.retryable) dependencies.onPostpone(error)
        else dependencies.onCrash(error)
      })
      .finally(() => {
        running.delete(done)
        schedule()
      })
    running.add(done)
  }
  const schedule = () => {
    if (signal.aborted) waiting.length = 0
    while (waiting.length > 0 && !(ordered && running.size > 0)) {
      start(waiting.splice(0, ordered ? maxBatchRecords : 1))
    }
  }

  return {
    ledger,
    take(records) {
      waiting.push(...ledger.take(records))
      schedule()
    },
    end: (reason) => ended.abort(reason),
    async settled() {
      await Promise.all(running)
    },
  }
}

/** Hands a batch to the handler; rejects where records of it must be read again. */
function createBatchHandler(
  dependencies: PartitionSessionDependencies,
  ledger: RecordLedger,
  signal: AbortSignal,
): (batch: readonly IncomingRecord[]) => Promise<void> {
  let loaded: Promise<void> | undefined
  const context: BatchContext = {
    signal,
    complete(record) {
      ledger.complete(record)
      dependencies.onProgress()
    },
    failures: (record) => ledger.failures(record),
    async fail(record) {
      const count = ledger.fail(record)
      await dependencies.commit()
      return count
    },
    forgive: (record) => ledger.forgive(record),
  }
  return async (batch) => {
    loaded ??= dependencies.loadFailures().then((counts) => ledger.addFailures(counts))
    await loaded
    signal.throwIfAborted()
    await dependencies.handle(batch, context)
    if (batch.every((record) => ledger.isComplete(record))) return
    throw new IpsError('batch-incomplete', 'records were left for another try', { retryable: true })
  }
}
