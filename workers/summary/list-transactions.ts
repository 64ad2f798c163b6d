import type { TransactionKey } from '../../activities/summary/transaction-record.ts'
import type { Pool } from '../../lib/postgres/create-pool.ts'
import type { Progress } from '../../workflows/transaction/progress.ts'
import { createJournal } from './journal.ts'
import { translateJournalError } from './translate-journal-error.ts'

/** As the journal knows it: `open` where something came that no revision tells of, else what the newest revision is. */
export type JournalledState = 'open' | 'complete' | 'partial'

/** A transaction as operators see it; times are in ms since the epoch. */
export interface ListedTransaction extends TransactionKey {
  readonly state: JournalledState
  readonly progress: Progress
  /** When something of it came last. */
  readonly changedAtMs: number
  /** When its newest revision was decided. */
  readonly decidedAtMs?: number
}

/** Which transactions of a client. */
export interface TransactionSelection {
  readonly clientId: string
  readonly state?: JournalledState
  /** These only. */
  readonly correlationIds?: readonly string[]
  readonly limit: number
}

/** `$1`: client id, `$2`: state or null, `$3`: correlation ids or null, `$4`: limit. */
const statement = `
SELECT * FROM (
  SELECT t.correlation_id, t.changed_at, d.decided_at,
    CASE WHEN d.outcome IS NULL OR m.messages > d.messages THEN 'open' ELSE d.outcome END AS state
  FROM transactions AS t
  CROSS JOIN LATERAL (
    SELECT count(*) AS messages FROM messages
    WHERE client_id = t.client_id AND correlation_id = t.correlation_id
  ) AS m
  LEFT JOIN LATERAL (
    SELECT outcome, messages, decided_at FROM summaries
    WHERE client_id = t.client_id AND correlation_id = t.correlation_id
    ORDER BY revision DESC LIMIT 1
  ) AS d ON true
  WHERE t.client_id = $1 AND ($3::text[] IS NULL OR t.correlation_id = ANY ($3))
) AS listed
WHERE $2::text IS NULL OR state = $2
ORDER BY changed_at DESC LIMIT $4`

interface Row {
  readonly correlation_id: string
  readonly changed_at: Date
  readonly decided_at: Date | null
  readonly state: JournalledState
}

/** Lists transactions, those that something came of last first. Throws as the journal does. */
export async function listTransactions(
  pool: Pool,
  { clientId, state, correlationIds, limit }: TransactionSelection,
): Promise<ListedTransaction[]> {
  const { rows } = await translateJournalError(() =>
    pool.query<Row>(statement, [clientId, state ?? null, correlationIds ?? null, limit]),
  )
  const keys = rows.map((row) => ({ clientId, correlationId: row.correlation_id }))
  const progresses = new Map(
    (await createJournal(pool).readProgress(keys)).map((one) => [one.correlationId, one.progress]),
  )
  return rows.flatMap((row) => {
    const progress = progresses.get(row.correlation_id)
    // Removed meanwhile.
    if (progress === undefined) return []
    return [
      {
        ...{ clientId, correlationId: row.correlation_id, state: row.state, progress },
        changedAtMs: row.changed_at.getTime(),
        ...(row.decided_at === null ? {} : { decidedAtMs: row.decided_at.getTime() }),
      },
    ]
  })
}
