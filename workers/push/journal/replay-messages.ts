import type { ReplaySelection } from '../../../activities/delivery/operations-journal.ts'
import { onJournal } from '../../../lib/journal/on-journal.ts'
import { withTransaction, type Pool, type PoolClient } from '../../../lib/postgres/create-pool.ts'
import { appendedChannel } from './channels.ts'
import { lockEndpoint } from './lock-endpoint.ts'
import { slotBits } from './slots.ts'

/** Where to go on, and how much to look at. */
export interface ReplayPage {
  readonly after: number
  readonly limit: number
}

/** What became of a page. */
export interface ReplayedPage {
  readonly messages: number
  readonly next?: number
}

/**
 * Puts messages of an endpoint at the end of its queue once more, in their order, and wakes it: `limit` are looked at, and
 * those of them that wait in the queue already are left out. Holds the lock of the endpoint's row, as an append does. Throws
 * `IpsError('journal-unavailable')`, retryable.
 */
export async function replayMessages(
  pool: Pool,
  endpointId: string,
  selection: ReplaySelection,
  { after, limit }: ReplayPage,
): Promise<ReplayedPage> {
  return onJournal('replaying messages', () =>
    withTransaction(pool, async (client) => {
      await lockEndpoint(client, endpointId)
      // Settlements write outcomes under this lock.
      await client.query({
        name: 'lock-cursor',
        text: 'SELECT FROM cursors WHERE endpoint_id = $1 FOR NO KEY UPDATE',
        values: [endpointId],
      })
      const { messages, examined, last } = await requeue(client, selection, [
        endpointId,
        after,
        limit,
      ])
      return examined < limit || last === null ? { messages } : { messages, next: Number(last) }
    }),
  )
}

interface RequeuedRow {
  messages: number
  examined: number
  last: string | null
}

async function requeue(
  client: PoolClient,
  { since, ids }: ReplaySelection,
  page: readonly unknown[],
): Promise<RequeuedRow> {
  const [kind, values] =
    ids !== undefined
      ? (['ids', [...page, [...new Set(ids)]]] as const)
      : since !== undefined
        ? (['since', [...page, new Date(since)]] as const)
        : (['dead', page] as const)
  const { rows } = await client.query<RequeuedRow>({
    name: `replay-${kind}`,
    text: statementOf(kind),
    values: [...values],
  })
  return rows[0] ?? { messages: 0, examined: 0, last: null }
}

/** SQL: the positions that are looked at, in their order; and what a message must be beside having left the queue. */
const selections = {
  dead: {
    examined: `
      SELECT position FROM outcomes
      WHERE endpoint_id = $1 AND position > $2 AND state = 'dead'
      ORDER BY position LIMIT $3`,
    condition: `outcome.state = 'dead'`,
  },
  since: {
    // The clocks of processes and of the database differ by less than an hour.
    examined: `
      SELECT position FROM deliveries
      WHERE endpoint_id = $1 AND position > $2 AND replay_of IS NULL AND position >= (
        SELECT min(slot)::bigint << ${slotBits} FROM slots
        WHERE closed_at IS NULL OR closed_at > $4::timestamptz - interval '1 hour'
      )
      ORDER BY position LIMIT $3`,
    condition: 'created_at >= $4::timestamptz',
  },
  ids: {
    // As in an append, the endpoint's id is compared in a way that no index serves.
    examined: `
      SELECT position
      FROM unnest($4::text[]) AS wanted (message_id)
      CROSS JOIN LATERAL (
        SELECT position FROM deliveries
        WHERE deliveries.message_id = wanted.message_id AND endpoint_id || '' = $1
          AND replay_of IS NULL
        OFFSET 0
      ) AS message
      WHERE position > $2
      ORDER BY position LIMIT $3`,
    condition: 'true',
  },
} as const

function statementOf(kind: keyof typeof selections): string {
  const { examined, condition } = selections[kind]
  return `
    WITH examined AS (${examined}), picked AS (
      SELECT message.* FROM examined
      CROSS JOIN LATERAL (
        SELECT * FROM deliveries
        WHERE endpoint_id = $1 AND deliveries.position = examined.position
        OFFSET 0
      ) AS message
      CROSS JOIN LATERAL (
        SELECT state FROM outcomes
        WHERE endpoint_id = $1 AND outcomes.position = examined.position
        OFFSET 0
      ) AS outcome
      WHERE outcome.state <> 'requeued' AND ${condition}
    ), requeued AS (
      INSERT INTO outcomes (endpoint_id, position, state)
      SELECT endpoint_id, position, 'requeued' FROM picked ORDER BY position
      ON CONFLICT (endpoint_id, position) DO UPDATE SET state = 'requeued', started = false
    ), appended AS (
      INSERT INTO deliveries (endpoint_id, message_id, type, correlation_id, image_id, traceparent,
        replay_of, body_bytes)
      SELECT endpoint_id, message_id, type, correlation_id, image_id, traceparent,
        position, coalesce(octet_length(sealed), octet_length(body))
      FROM picked ORDER BY position
      RETURNING endpoint_id
    ), woken AS (
      UPDATE endpoints SET
        awake = true, wake_generation = wake_generation + 1, woken_at = now()
      WHERE endpoint_id = $1 AND NOT awake AND EXISTS (SELECT FROM appended)
    )
    SELECT
      (SELECT count(pg_notify('${appendedChannel}', endpoint_id))::integer FROM appended) AS messages,
      (SELECT count(*)::integer FROM examined) AS examined,
      (SELECT max(position) FROM examined) AS last`
}
