import type { TransactionKey } from '../../activities/summary/transaction-record.ts'
import type { Pool } from '../../lib/postgres/create-pool.ts'
import { translateJournalError } from './translate-journal-error.ts'

/**
 * Makes the window of a transaction end at `untilMs` (since the epoch) at the earliest, so that retention keeps it until
 * then. Nothing happens where it ends later already, or is not there. Throws as the journal does.
 */
export async function extendWindow(
  pool: Pool,
  { clientId, correlationId }: TransactionKey,
  untilMs: number,
): Promise<void> {
  await translateJournalError(() =>
    pool.query(
      `UPDATE transactions
       SET window_seconds = ceil($3::double precision / 1000 - extract(epoch FROM window_start))
       WHERE client_id = $1 AND correlation_id = $2
         AND window_seconds < $3::double precision / 1000 - extract(epoch FROM window_start)`,
      [clientId, correlationId, untilMs],
    ),
  )
}
