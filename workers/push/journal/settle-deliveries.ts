import type { Settlement } from '../../../activities/delivery/delivery-journal.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { toAnswer, toText } from './attempt-texts.ts'
import { onJournal } from './journal-errors.ts'
import { oldestKept } from './slots.ts'

/**
 * Records how messages ended and moves the cursors, in one statement for many endpoints. Answers for each settlement
 * whether it was made: false where somebody else has claimed the endpoint meanwhile. The cursor never goes back. How a replay
 * ended stands with the message itself. What lies in a slot that retention has removed is passed without a trace.
 *
 * Durable when the process is killed, though not yet when the server crashes within the next half a second: what is lost
 * then is sent once more, with the same id, which costs less than waiting for the disk each time. Commits become durable
 * in their order, so that nothing that builds on a settlement outlives it. Throws `IpsError('journal-unavailable')`,
 * retryable.
 */
export async function settleDeliveries(
  pool: Pool,
  settlements: readonly Settlement[],
): Promise<boolean[]> {
  // The last settlement of each claim has its cursor.
  const claims = [...new Map(settlements.map((one) => [claimOf(one), one])).values()]
  const outcomes = outcomesOf(settlements)
  const { rows } = await onJournal('settling messages', () =>
    pool.query<{ endpoint_id: string; owner: string }>({
      name: 'settle-deliveries',
      text: settleStatement,
      values: [
        claims.map(({ endpointId }) => endpointId),
        claims.map(({ owner }) => owner),
        claims.map(({ cursor }) => cursor),
        outcomes.map(({ endpointId }) => endpointId),
        outcomes.map(({ owner }) => owner),
        outcomes.map(({ position }) => position),
        outcomes.map(({ state }) => state),
        outcomes.map(({ attempt }) => (attempt === undefined ? null : new Date(attempt.at))),
        outcomes.map(({ attempt }) => attempt && Math.round(attempt.durationMs)),
        outcomes.map(({ attempt }) => attempt?.status),
        outcomes.map(({ attempt }) => attempt?.error && toText(attempt.error)),
        outcomes.map(({ attempt }) => attempt?.address),
        outcomes.map(({ attempt }) => attempt?.answer && toAnswer(attempt.answer)),
      ],
    }),
  )
  const moved = new Set(
    rows.map((row) => claimOf({ endpointId: row.endpoint_id, owner: row.owner })),
  )
  return settlements.map((settlement) => moved.has(claimOf(settlement)))
}

const settleStatement = `
  WITH held AS (
    SELECT endpoint_id FROM cursors WHERE endpoint_id = ANY($1)
    ORDER BY endpoint_id FOR NO KEY UPDATE
  ), moved AS (
    UPDATE cursors SET position = greatest(cursors.position, claim.position), updated_at = now()
    FROM unnest($1::text[], $2::text[], $3::bigint[]) AS claim (endpoint_id, owner, position)
    WHERE cursors.endpoint_id = ANY(ARRAY(SELECT endpoint_id FROM held))
      AND cursors.endpoint_id = claim.endpoint_id AND cursors.owner = claim.owner
    RETURNING cursors.endpoint_id, cursors.owner
  ), settled AS (
    INSERT INTO outcomes
      (endpoint_id, position, state, attempted_at, duration_ms, status, reason, address, answer)
    SELECT endpoint_id, position, state, attempted_at, duration_ms, status, reason, address, answer
    FROM unnest($4::text[], $5::text[], $6::bigint[], $7::text[], $8::timestamptz[], $9::integer[],
      $10::smallint[], $11::text[], $12::text[], $13::text[])
      AS outcome (endpoint_id, owner, position, state, attempted_at, duration_ms, status, reason,
        address, answer)
    JOIN moved USING (endpoint_id, owner)
    WHERE position >= ${oldestKept}
    ON CONFLICT (endpoint_id, position) DO UPDATE SET
      state = excluded.state, settled_at = now(), attempted_at = excluded.attempted_at,
      duration_ms = excluded.duration_ms, status = excluded.status, reason = excluded.reason,
      address = excluded.address, answer = excluded.answer, started = false
    WHERE outcomes.state = 'requeued'
  )
  SELECT endpoint_id, owner
  FROM moved, (SELECT set_config('synchronous_commit', 'off', true)) AS unhurried`

type Outcome = Pick<Settlement, 'endpointId' | 'owner' | 'position' | 'attempt'> & {
  readonly state: Settlement['state'] | 'replayed'
}

/** The rows of settlements, each position once: of the message itself, and for a replay one of its own. */
function outcomesOf(settlements: readonly Settlement[]): Outcome[] {
  const outcomes = new Map<string, Outcome>()
  for (const settlement of settlements) {
    const { endpointId, owner, position, origin } = settlement
    outcomes.set(`${endpointId}/${origin}`, { ...settlement, position: origin })
    if (origin !== position)
      outcomes.set(`${endpointId}/${position}`, { endpointId, owner, position, state: 'replayed' })
  }
  return [...outcomes.values()]
}

function claimOf({ endpointId, owner }: { endpointId: string; owner: string }): string {
  return `${endpointId}/${owner}`
}
