import type { PoolClient } from '../../lib/postgres/create-pool.ts'

/** A result that comes this long after the window makes a revision; the journal is kept for it. */
const lateRevisionDays = 7

/** Transactions that one call removes: a short transaction of the database. */
const maxRemoved = 1_000

/**
 * Removes transactions that nothing came for since their window and the time for late results. The numbers of their
 * revisions stay, so that a client who uses the transaction's id again gets new ones. Returns how many were removed.
 */
export async function removeExpiredTransactions(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ client_id: string; correlation_id: string }>(
    `DELETE FROM transactions WHERE (client_id, correlation_id) IN (
       SELECT client_id, correlation_id FROM transactions
       WHERE changed_at < now() - make_interval(days => $1)
         AND changed_at < now() - make_interval(days => $1, secs => window_seconds)
       ORDER BY client_id, correlation_id LIMIT $2 FOR UPDATE SKIP LOCKED
     ) RETURNING client_id, correlation_id`,
    [lateRevisionDays, maxRemoved],
  )
  const keys = [rows.map((row) => row.client_id), rows.map((row) => row.correlation_id)]
  for (const table of ['messages', 'images', 'face_templates']) {
    await client.query(
      `DELETE FROM ${table} USING unnest($1::text[], $2::text[]) AS gone (client_id, correlation_id)
       WHERE ${table}.client_id = gone.client_id AND ${table}.correlation_id = gone.correlation_id`,
      keys,
    )
  }
  await client.query(
    `UPDATE summaries SET value = NULL, sealed = NULL, messages = 0
     FROM unnest($1::text[], $2::text[]) AS gone (client_id, correlation_id)
     WHERE summaries.client_id = gone.client_id AND summaries.correlation_id = gone.correlation_id`,
    keys,
  )
  return rows.length
}
