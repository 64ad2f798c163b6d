import type { Page, Settlement } from '../../../activities/delivery/delivery-journal.ts'
import type { ClientKeys } from '../../../lib/client-keys/create-client-keys.ts'
import type { IpsError } from '../../../lib/errors/ips-error.ts'
import { createCoalescer, type Coalescer } from '../../../lib/journal/create-coalescer.ts'
import { shareAppends } from '../../../lib/journal/share-appends.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { appendDeliveries, type AppendResult, type NewDelivery } from './append-deliveries.ts'
import { logAttempts, type LoggedAttempt } from './log-attempts.ts'
import { noteInFlight, type InFlightNote } from './note-endpoints.ts'
import { readDeliveries, type ReadRequest } from './read-deliveries.ts'
import { recordBatches, type BatchRecord } from './record-batches.ts'
import { settleDeliveries } from './settle-deliveries.ts'

/** Pages of one statement: each may hold a quarter of a MiB. */
const maxReads = 64
/** Rows of one statement that writes small ones. */
const maxRows = 2_000
/** Settlements may wait for so long, to go together: each statement costs about a ms, whatever it settles. */
const settleIntervalMs = 20

/** What many callers at once share, each kind one statement at a time. */
export interface SharedStatements {
  /** See `shareAppends`. */
  readonly append: (deliveries: readonly NewDelivery[]) => Promise<AppendResult>
  /** An error where what this caller wants to read cannot be opened. */
  readonly read: Coalescer<ReadRequest, Page | IpsError>
  /** These three: false where somebody else has claimed the endpoint. */
  readonly settle: Coalescer<Settlement, boolean>
  readonly noteInFlight: Coalescer<InFlightNote, boolean>
  readonly recordBatch: Coalescer<BatchRecord, boolean>
  readonly logAttempt: Coalescer<LoggedAttempt, undefined>
}

/** Creates them. Each rejects with what its statement throws. */
export function createSharedStatements(
  pool: Pool,
  keys: ClientKeys,
  secretOverlapSeconds: number,
): SharedStatements {
  return {
    append: shareAppends<NewDelivery, AppendResult>(
      (deliveries) => appendDeliveries(pool, deliveries, secretOverlapSeconds),
      { appended: 0, woken: [] },
    ),
    read: createCoalescer({
      maxRequests: maxReads,
      run: (requests: readonly ReadRequest[]) => readDeliveries(pool, keys, requests),
    }),
    settle: createCoalescer({
      maxRequests: maxRows,
      intervalMs: settleIntervalMs,
      run: (settlements: readonly Settlement[]) => settleDeliveries(pool, settlements),
    }),
    noteInFlight: createCoalescer({
      maxRequests: maxRows,
      run: (notes: readonly InFlightNote[]) => noteInFlight(pool, notes),
    }),
    recordBatch: createCoalescer({
      maxRequests: maxRows,
      run: (batches: readonly BatchRecord[]) => recordBatches(pool, batches),
    }),
    logAttempt: createCoalescer({
      maxRequests: maxRows,
      run: async (attempts: readonly LoggedAttempt[]) => {
        await logAttempts(pool, keys, attempts)
        return attempts.map(() => undefined)
      },
    }),
  }
}
