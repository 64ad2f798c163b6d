import { onJournal } from '../../../lib/journal/on-journal.ts'
import { withTransaction, type Pool } from '../../../lib/postgres/create-pool.ts'
import { toText } from './attempt-texts.ts'
import { oldestKept } from './slots.ts'

/** Which messages of an endpoint are given up. */
export interface Burial {
  readonly endpointId: string
  /** Journalled before it, in ms since the epoch. */
  readonly before: number
  readonly reason: string
  readonly limit: number
}

/**
 * Makes messages dead that wait at the head of an endpoint's queue, up to the first that is too young, `limit` at most, and
 * moves the cursor over them. A replay counts from when it was asked for. Answers how many. Whoever delivers to the endpoint
 * meanwhile goes on, and finds them settled. Throws `IpsError('journal-unavailable')`, retryable.
 */
export async function buryMessages(
  pool: Pool,
  { endpointId, before, reason, limit }: Burial,
): Promise<number> {
  return onJournal('burying messages', () =>
    withTransaction(pool, async (client) => {
      // Settlements write outcomes under this lock.
      const { rows } = await client.query<{ position: string }>({
        name: 'lock-cursor-position',
        text: 'SELECT position FROM cursors WHERE endpoint_id = $1 FOR NO KEY UPDATE',
        values: [endpointId],
      })
      const [cursor] = rows
      if (cursor === undefined) return 0
      const buried = await client.query<{ count: number }>({
        name: 'bury-messages',
        text: buryStatement,
        values: [endpointId, cursor.position, limit, new Date(before), toText(reason)],
      })
      return buried.rows[0]?.count ?? 0
    }),
  )
}

const buryStatement = `
  WITH waiting AS (
    SELECT position, coalesce(replay_of, position) AS origin, created_at FROM deliveries AS queued
    WHERE endpoint_id = $1 AND position > $2 AND NOT EXISTS (
      SELECT FROM outcomes WHERE endpoint_id = $1 AND outcomes.position = queued.position OFFSET 0
    )
    ORDER BY position LIMIT $3
  ), buried AS (
    SELECT position, origin
    FROM (
      SELECT *, bool_and(created_at < $4) OVER (ORDER BY position) AS is_old FROM waiting
    ) AS aged
    WHERE is_old
  ), settled AS (
    INSERT INTO outcomes (endpoint_id, position, state, reason)
    SELECT $1, position, state, reason
    FROM (
      SELECT origin AS position, 'dead' AS state, $5 AS reason FROM buried
      UNION ALL
      SELECT position, 'replayed', NULL FROM buried WHERE origin <> position
    ) AS outcome
    WHERE position >= ${oldestKept}
    ON CONFLICT (endpoint_id, position) DO UPDATE SET
      state = excluded.state, reason = excluded.reason, settled_at = now(), started = false
    WHERE outcomes.state = 'requeued'
  ), moved AS (
    UPDATE cursors SET
      position = greatest(position, (SELECT max(position) FROM buried)), updated_at = now()
    WHERE endpoint_id = $1
  )
  SELECT count(*)::integer AS count FROM buried`
