import { IpsError } from '../errors/ips-error.ts'
import type { Logger } from '../telemetry/create-logger.ts'
import type { BatchContext } from './create-partition-session.ts'
import type { IncomingRecord } from './incoming-record.ts'
import type { DeadLetterReason } from './send-dead-letter.ts'

/** What is to be done with care. */
export interface CarefulHandlerOptions {
  /** Handles a batch in its order, and the same records again where it was interrupted. */
  readonly handle: (records: readonly IncomingRecord[], context: BatchContext) => Promise<void>
  /** Puts a record aside for good; throws where it cannot be made durable. */
  readonly giveUp: (record: IncomingRecord, reason: DeadLetterReason) => Promise<void>
  readonly logger: Logger
}

/** A record that was the first or the only one under way in so many failures is given up. */
export const maxFailures = 3
/** Handled one by one after a crash: as many as a batch may have. */
const maxCarefulRecords = 500

/**
 * Makes a handler, for a consumer with `countsFailures`, that gets over a record which crashes it, or the whole process, again
 * and again. The first record of a session is counted as failed while its batch is under way, and forgiven when it comes
 * through: where the next session finds a count, the one before ended in a crash, and records are handled one by one, each
 * counted before. What another try may mend is never held against a record.
 */
export function createCarefulHandler(options: CarefulHandlerOptions) {
  const { handle, giveUp, logger } = options
  /** How many records of a session are still to be handled one by one. */
  const careful = new WeakMap<BatchContext, number>()

  const handleOneByOne = async (records: readonly IncomingRecord[], context: BatchContext) => {
    for (const record of records) {
      if (context.signal.aborted) return
      const failures = context.failures(record)
      if (failures < maxFailures) {
        await withBlame(record, context, () => handle([record], context))
        continue
      }
      const detail = `the work on the record has crashed ${failures} times`
      await giveUp(record, { code: 'record-poisonous', detail })
      const { topic, partition, offset } = record
      logger.error({ topic, partition, offset: offset.toString(), failures }, 'record.given-up')
      context.complete(record)
    }
  }
  const handleTogether = async (records: readonly IncomingRecord[], context: BatchContext) => {
    try {
      await handle(records, context)
    } catch (error) {
      if (isNobodysFault(error, context)) throw error
      logger.error({ error, records: records.length }, 'batch.taken-apart')
      await handleOneByOne(records, context)
    }
  }

  return async (records: readonly IncomingRecord[], context: BatchContext): Promise<void> => {
    const [first] = records
    if (first === undefined) return
    const left = careful.get(context)
    if (left === undefined && records.every((record) => context.failures(record) === 0)) {
      careful.set(context, 0)
      await withBlame(first, context, () => handleTogether(records, context))
      return
    }
    careful.set(context, Math.max(0, (left ?? maxCarefulRecords) - records.length))
    if (left === 0) await handleTogether(records, context)
    else await handleOneByOne(records, context)
  }
}

/** Counts a failure of the record before the work, and takes it back unless the work fails for good. */
async function withBlame(
  record: IncomingRecord,
  context: BatchContext,
  work: () => Promise<void>,
): Promise<void> {
  await context.fail(record)
  try {
    await work()
  } catch (error) {
    if (isNobodysFault(error, context)) context.forgive(record)
    throw error
  }
  // Where it is complete, there is nothing left to forgive.
  context.forgive(record)
}

/** Whether the work was interrupted, or another try may mend it. */
function isNobodysFault(error: unknown, { signal }: BatchContext): boolean {
  return signal.aborted || (error instanceof IpsError && error.retryable)
}
