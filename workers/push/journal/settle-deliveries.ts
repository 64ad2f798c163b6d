import type { AttemptRecord, Settlement } from '../../../activities/delivery/delivery-journal.ts'
import { onJournal } from '../../../lib/journal/on-journal.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { toText } from './attempt-texts.ts'
import { oldestKept } from './slots.ts'

/**
 * Records how messages ended and moves the cursors, in one statement for many endpoints. Answers for each settlement
 * whether it was made: false where somebody else has claimed the endpoint meanwhile. The cursor never goes back. How a replay
 * ended stands with the message itself. What lies in a slot that retention has removed is passed without a trace.
 * Throws `IpsError('journal-unavailable')`, retryable.
 */
export async function settleDeliveries(
  pool: Pool,
  settlements: readonly Settlement[],
): Promise<boolean[]> {
  const claims = new Map<string, Claim>()
  for (const { endpointId, owner, cursor } of settlements) {
    const key = `${endpointId}/${owner}`
    const number = claims.get(key)?.number ?? claims.size + 1
    // The last settlement of each claim has its cursor.
    claims.set(key, { endpointId, owner, cursor, number })
  }
  const numberOf = ({ endpointId, owner }: Settlement) =>
    claims.get(`${endpointId}/${owner}`)?.number ?? 0
  const outcomes = outcomesOf(settlements, numberOf)
  const { rows } = await onJournal('settling messages', () =>
    pool.query<{ are_held: boolean[] }>({
      name: 'settle-deliveries',
      text: settleStatement,
      values: valuesOf([...claims.values()], outcomes),
    }),
  )
  const areHeld = rows[0]?.are_held ?? []
  return settlements.map((settlement) => areHeld[numberOf(settlement) - 1] === true)
}

/** All settlements of one owner. */
interface Claim {
  readonly endpointId: string
  readonly owner: string
  readonly cursor: number
  /** From 1. */
  readonly number: number
}

/** A row of the outcomes. */
interface Outcome {
  readonly endpointId: string
  /** The number of the claim. */
  readonly claim: number
  readonly position: number
  readonly state: Settlement['state'] | 'replayed'
  readonly attempt?: AttemptRecord
}

/** The rows of settlements, each position once: of the message itself, and for a replay one of its own. */
function outcomesOf(
  settlements: readonly Settlement[],
  numberOf: (settlement: Settlement) => number,
): Outcome[] {
  const outcomes = new Map<string, Outcome>()
  for (const settlement of settlements) {
    const { endpointId, position, origin, state, attempt } = settlement
    const claim = numberOf(settlement)
    outcomes.set(`${endpointId}/${origin}`, {
      ...{ endpointId, claim, position: origin, state },
      ...(attempt === undefined ? {} : { attempt }),
    })
    if (origin !== position)
      outcomes.set(`${endpointId}/${position}`, { endpointId, claim, position, state: 'replayed' })
  }
  return [...outcomes.values()]
}

function valuesOf(claims: readonly Claim[], outcomes: readonly Outcome[]): unknown[] {
  return [
    claims.map(({ endpointId }) => endpointId),
    claims.map(({ owner }) => owner),
    claims.map(({ cursor }) => cursor),
    outcomes.map(({ endpointId }) => endpointId),
    outcomes.map(({ claim }) => claim),
    outcomes.map(({ position }) => position),
    outcomes.map(({ state }) => state),
    outcomes.map(({ attempt }) => attempt && new Date(attempt.at)),
    outcomes.map(({ attempt }) => attempt && Math.round(attempt.durationMs)),
    outcomes.map(({ attempt }) => attempt?.status),
    outcomes.map(({ attempt }) => attempt?.error && toText(attempt.error)),
    outcomes.map(({ attempt }) => attempt?.address),
  ]
}

const settleStatement = `
  WITH held AS (
    SELECT endpoint_id FROM cursors WHERE endpoint_id = ANY($1)
    ORDER BY endpoint_id FOR NO KEY UPDATE
  ), moved AS (
    UPDATE cursors SET position = greatest(cursors.position, claim.position), updated_at = now()
    FROM unnest($1::text[], $2::text[], $3::bigint[]) WITH ORDINALITY
      AS claim (endpoint_id, owner, position, number)
    WHERE cursors.endpoint_id = ANY(ARRAY(SELECT endpoint_id FROM held))
      AND cursors.endpoint_id = claim.endpoint_id AND cursors.owner = claim.owner
    RETURNING claim.number
  ), claims AS (
    -- By grouping: a join of as many endpoints as there may be might compare each with each.
    SELECT array_agg(is_held ORDER BY number) AS are_held
    FROM (
      SELECT number, bool_or(is_held) AS is_held
      FROM (
        SELECT number, true AS is_held FROM moved
        UNION ALL
        SELECT generate_series(1, cardinality($1)), false
      ) AS said
      GROUP BY number
    ) AS claim
  ), settled AS (
    INSERT INTO outcomes
      (endpoint_id, position, state, attempted_at, duration_ms, status, reason, address)
    SELECT endpoint_id, position, state, attempted_at, duration_ms, status, reason, address
    FROM unnest($4::text[], $5::integer[], $6::bigint[], $7::text[], $8::timestamptz[],
      $9::integer[], $10::smallint[], $11::text[], $12::text[])
      AS outcome (endpoint_id, claim, position, state, attempted_at, duration_ms, status, reason,
        address)
    WHERE (SELECT are_held FROM claims)[claim] AND position >= ${oldestKept}
    ON CONFLICT (endpoint_id, position) DO UPDATE SET
      state = excluded.state, settled_at = now(), attempted_at = excluded.attempted_at,
      duration_ms = excluded.duration_ms, status = excluded.status, reason = excluded.reason,
      address = excluded.address, started = false
    WHERE outcomes.state = 'requeued'
  )
  SELECT are_held FROM claims`
