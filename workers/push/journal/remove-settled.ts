import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { onJournal } from './journal-errors.ts'

/**
 * Removes messages that were settled more than `retentionSeconds` ago, delivered or dead, with their outcomes, the oldest
 * first and `limit` at most. What lies beyond an endpoint's cursor stays until the cursor has passed it, and pending messages
 * stay for ever. Returns how many were removed. Safe beside deliveries and in several processes at once. Throws
 * `IpsError('journal-unavailable')`, retryable.
 */
export async function removeSettled(
  pool: Pool,
  retentionSeconds: number,
  limit: number,
): Promise<number> {
  const { rowCount } = await onJournal('removing old messages', () =>
    pool.query({
      name: 'remove-settled',
      text: `
        WITH old AS (
          SELECT outcomes.endpoint_id, outcomes.position
          FROM outcomes JOIN cursors USING (endpoint_id)
          WHERE outcomes.settled_at < now() - $1 * interval '1 second'
            AND outcomes.position <= cursors.position
          ORDER BY outcomes.settled_at
          LIMIT $2
          FOR UPDATE OF outcomes SKIP LOCKED
        ), removed AS (
          DELETE FROM outcomes USING old
          WHERE outcomes.endpoint_id = old.endpoint_id AND outcomes.position = old.position
        )
        DELETE FROM deliveries USING old
        WHERE deliveries.endpoint_id = old.endpoint_id AND deliveries.position = old.position`,
      values: [retentionSeconds, limit],
    }),
  )
  return rowCount ?? 0
}
