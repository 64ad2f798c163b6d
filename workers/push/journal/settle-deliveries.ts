import type { Settlement } from '../../../activities/delivery/delivery-journal.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { onJournal } from './journal-errors.ts'

/**
 * Records how messages ended and moves the cursors, in one statement for many endpoints. Answers for each settlement
 * whether it was made: false where somebody else has claimed the endpoint meanwhile. The cursor never goes back. Throws
 * `IpsError('journal-unavailable')`, retryable.
 */
export async function settleDeliveries(
  pool: Pool,
  settlements: readonly Settlement[],
): Promise<boolean[]> {
  // The last settlement of each claim has its cursor.
  const claims = [...new Map(settlements.map((one) => [keyOf(one), one])).values()]
  const { rows } = await onJournal('settling messages', () =>
    pool.query<{ endpoint_id: string; owner: string }>({
      name: 'settle-deliveries',
      text: `
        WITH claim AS (
          SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
            AS claim (endpoint_id, owner, position)
        ), held AS (
          SELECT endpoint_id, owner FROM cursors JOIN claim USING (endpoint_id, owner)
          ORDER BY endpoint_id FOR UPDATE OF cursors
        ), moved AS (
          UPDATE cursors SET
            position = greatest(cursors.position, claim.position), updated_at = now()
          FROM claim JOIN held USING (endpoint_id, owner)
          WHERE cursors.endpoint_id = claim.endpoint_id AND cursors.owner = claim.owner
          RETURNING cursors.endpoint_id, cursors.owner
        ), settled AS (
          INSERT INTO outcomes (endpoint_id, position, state, status, reason, attempts)
          SELECT endpoint_id, position, state, status, reason, attempts
          FROM unnest
            ($4::text[], $5::text[], $6::bigint[], $7::text[], $8::smallint[], $9::text[], $10::integer[])
            AS outcome (endpoint_id, owner, position, state, status, reason, attempts)
          JOIN moved USING (endpoint_id, owner)
          ON CONFLICT (endpoint_id, position) DO NOTHING
        )
        SELECT endpoint_id, owner FROM moved`,
      values: [
        claims.map(({ endpointId }) => endpointId),
        claims.map(({ owner }) => owner),
        claims.map(({ cursor }) => cursor),
        settlements.map(({ endpointId }) => endpointId),
        settlements.map(({ owner }) => owner),
        settlements.map(({ position }) => position),
        settlements.map(({ state }) => state),
        settlements.map(({ status }) => status ?? null),
        settlements.map(({ reason }) => reason ?? null),
        settlements.map(({ attempts }) => attempts),
      ],
    }),
  )
  const moved = new Set(rows.map((row) => keyOf({ endpointId: row.endpoint_id, owner: row.owner })))
  return settlements.map((settlement) => moved.has(keyOf(settlement)))
}

function keyOf({ endpointId, owner }: { endpointId: string; owner: string }): string {
  return `${endpointId}/${owner}`
}
