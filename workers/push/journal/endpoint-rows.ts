import { withTransaction, type Pool } from '../../../lib/postgres/create-pool.ts'
import type { WokenEndpoint } from './append-deliveries.ts'
import { onJournal } from './journal-errors.ts'

/** An endpoint's rows, as they are when it is claimed. */
export interface ClaimedRow {
  readonly clientId: string
  readonly sealed: Buffer
  readonly settings: unknown
  readonly cursor: number
  readonly settledBeyond: readonly number[]
}

interface ClaimRow {
  client_id: string
  sealed: Buffer
  settings: unknown
  cursor: string
  settled_beyond: string[]
}

/** Makes `owner` the only one who may settle messages of the endpoint; `undefined` where there is no such endpoint. */
export async function claimEndpoint(
  pool: Pool,
  endpointId: string,
  owner: string,
): Promise<ClaimedRow | undefined> {
  const { rows } = await onJournal('claiming an endpoint', () =>
    pool.query<ClaimRow>({
      name: 'claim-endpoint',
      text: `
        WITH claimed AS (
          INSERT INTO cursors (endpoint_id, position, owner)
          SELECT endpoint_id, 0, $2 FROM endpoints WHERE endpoint_id = $1
          ON CONFLICT (endpoint_id) DO UPDATE SET owner = excluded.owner, updated_at = now()
          RETURNING endpoint_id, position
        )
        SELECT client_id, sealed, settings, claimed.position AS cursor, ARRAY(
          SELECT position FROM outcomes
          WHERE outcomes.endpoint_id = $1 AND outcomes.position > claimed.position
        ) AS settled_beyond
        FROM claimed JOIN endpoints USING (endpoint_id)`,
      values: [endpointId, owner],
    }),
  )
  return rows.map((row) => ({
    clientId: row.client_id,
    sealed: row.sealed,
    settings: row.settings,
    cursor: Number(row.cursor),
    settledBeyond: row.settled_beyond.map(Number),
  }))[0]
}

/**
 * Clears `awake` where nothing comes after a position. The look is a statement of its own, after the lock: a snapshot taken
 * before it would miss what an append that held the lock has just committed.
 */
export async function putToSleep(pool: Pool, endpointId: string, after: number): Promise<boolean> {
  return onJournal('falling asleep', () =>
    withTransaction(pool, async (client) => {
      await client.query('SELECT FROM endpoints WHERE endpoint_id = $1 FOR NO KEY UPDATE', [
        endpointId,
      ])
      const { rowCount } = await client.query(
        'SELECT FROM deliveries WHERE endpoint_id = $1 AND position > $2 LIMIT 1',
        [endpointId, after],
      )
      if (rowCount !== 0) return false
      await client.query('UPDATE endpoints SET awake = false WHERE endpoint_id = $1', [endpointId])
      return true
    }),
  )
}

/** After this time an endpoint that was woken and not signalled is somebody's that has died. */
const signalGraceMs = 5_000
/** An endpoint that has waited for so long is signalled again: its workflow may have been ended by hand. */
const signalAgainMs = 15 * 60_000

/** Endpoints that must be signalled, the longest waiting first, `limit` at most. */
export async function findUnsignalled(pool: Pool, limit: number): Promise<WokenEndpoint[]> {
  const { rows } = await onJournal('looking for endpoints to wake', () =>
    pool.query<{ endpoint_id: string; client_id: string; host: string; wake_generation: string }>({
      name: 'find-unsignalled',
      text: `
        SELECT endpoint_id, client_id, host, wake_generation FROM endpoints
        WHERE awake AND (
          signalled_generation < wake_generation AND woken_at < now() - $1 * interval '1 ms'
          OR signalled_at < now() - $2 * interval '1 ms'
        )
        ORDER BY woken_at LIMIT $3`,
      values: [signalGraceMs, signalAgainMs, limit],
    }),
  )
  return rows.map((row) => ({
    endpointId: row.endpoint_id,
    clientId: row.client_id,
    host: row.host,
    generation: Number(row.wake_generation),
  }))
}

/** Notes that endpoints were signalled. A wake-up that came later stays open. */
export async function markSignalled(
  pool: Pool,
  endpoints: readonly WokenEndpoint[],
): Promise<void> {
  const ordered = [...endpoints].sort((a, b) => (a.endpointId < b.endpointId ? -1 : 1))
  await onJournal('noting signals', () =>
    pool.query({
      name: 'mark-signalled',
      text: `
        WITH signalled AS (
          SELECT * FROM unnest($1::text[], $2::bigint[]) AS signalled (endpoint_id, generation)
        ), locked AS (
          SELECT endpoint_id, generation FROM endpoints JOIN signalled USING (endpoint_id)
          ORDER BY endpoint_id FOR NO KEY UPDATE OF endpoints
        )
        UPDATE endpoints SET
          signalled_generation = greatest(signalled_generation, locked.generation),
          signalled_at = now()
        FROM locked WHERE endpoints.endpoint_id = locked.endpoint_id`,
      values: [
        ordered.map(({ endpointId }) => endpointId),
        ordered.map(({ generation }) => generation),
      ],
    }),
  )
}
