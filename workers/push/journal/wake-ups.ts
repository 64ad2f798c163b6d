import { onJournal } from '../../../lib/journal/on-journal.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import type { WokenEndpoint } from './append-deliveries.ts'

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
  await onJournal('noting signals', () =>
    pool.query({
      name: 'mark-signalled',
      text: `
        WITH locked AS (
          SELECT endpoint_id FROM endpoints WHERE endpoint_id = ANY($1)
          ORDER BY endpoint_id FOR NO KEY UPDATE
        )
        UPDATE endpoints SET
          signalled_generation = greatest(signalled_generation, signalled.generation),
          signalled_at = now()
        FROM unnest($1::text[], $2::bigint[]) AS signalled (endpoint_id, generation)
        WHERE endpoints.endpoint_id = ANY(ARRAY(SELECT endpoint_id FROM locked))
          AND endpoints.endpoint_id = signalled.endpoint_id`,
      values: [
        endpoints.map(({ endpointId }) => endpointId),
        endpoints.map(({ generation }) => generation),
      ],
    }),
  )
}
