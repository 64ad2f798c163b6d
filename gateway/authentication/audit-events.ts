import { deleteInSteps } from '../../lib/postgres/delete-in-steps.ts'
import type { Pool, PoolClient } from '../../lib/postgres/create-pool.ts'

/** What operators do to identities; each is a row of its own. */
export type OperatorEvent =
  | 'identity.created'
  | 'identity.secret-rotated'
  | 'identity.key-added'
  | 'identity.key-removed'
  | 'identity.suspended'
  | 'identity.resumed'
  | 'identity.erased'

/** What is decided about requests; counted by the hour. */
export type DecisionEvent = 'identity.token-issued' | 'identity.token-refused'

/** A decision, or several equal ones. */
export interface CountedDecision {
  readonly event: DecisionEvent
  /** As it was claimed: of a name that no client has, nothing is kept. */
  readonly clientId: string
  readonly reason: string
  /** The id of a secret or a key that the client has; empty where none was shown. */
  readonly credential: string
  readonly times: number
  readonly firstAt: Date
  readonly lastAt: Date
}

/** A row as operators see it. */
export interface AuditEvent {
  readonly event: DecisionEvent | OperatorEvent
  readonly reason: string
  readonly credential: string
  readonly times: number
  readonly firstAt: Date
  readonly lastAt: Date
}

/** Notes what an operator does, in the transaction that does it. */
export async function appendOperatorEvent(
  connection: PoolClient,
  {
    clientId,
    event,
    credential = '',
  }: { clientId: string; event: OperatorEvent; credential?: string },
): Promise<void> {
  await connection.query(
    `INSERT INTO audit_events (client_id, slot, event, reason, credential, times, first_at, last_at)
     VALUES ($1, clock_timestamp(), $2, '', $3, 1, now(), now())`,
    [clientId, event, credential],
  )
}

/** Adds decisions to the rows of their hours, in one statement. */
export async function addDecisions(
  pool: Pool,
  decisions: readonly CountedDecision[],
): Promise<void> {
  const column = <Value>(of: (decision: CountedDecision) => Value) => decisions.map(of)
  await pool.query(
    `WITH shown AS (
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[], $7::timestamptz[])
         AS shown (name, event, reason, credential, times, first_at, last_at)
     )
     INSERT INTO audit_events AS kept
       (client_id, slot, event, reason, credential, times, first_at, last_at)
     SELECT client_id, date_trunc('hour', first_at), event, reason, credential,
            sum(times), min(first_at), max(last_at)
     FROM shown LEFT JOIN clients ON client_id = name
     GROUP BY 1, 2, 3, 4, 5
     ORDER BY 1, 2, 3, 4, 5
     ON CONFLICT (client_id, slot, event, reason, credential) DO UPDATE
       SET times = kept.times + excluded.times,
           first_at = least(kept.first_at, excluded.first_at),
           last_at = greatest(kept.last_at, excluded.last_at)`,
    [
      column(({ clientId }) => clientId),
      column(({ event }) => event),
      column(({ reason }) => reason),
      column(({ credential }) => credential),
      column(({ times }) => times),
      column(({ firstAt }) => firstAt),
      column(({ lastAt }) => lastAt),
    ],
  )
}

/** The latest rows of a client, the newest first; of names that no client has, where it is `undefined`. */
export async function listAuditEvents(
  pool: Pool,
  { clientId, limit }: { clientId: string | undefined; limit: number },
): Promise<AuditEvent[]> {
  const { rows } = await pool.query<AuditEvent>(
    `SELECT event, reason, credential, times::float8 AS times,
            first_at AS "firstAt", last_at AS "lastAt"
     FROM audit_events WHERE client_id IS NOT DISTINCT FROM $1
     ORDER BY last_at DESC, slot DESC LIMIT $2`,
    [clientId ?? null, limit],
  )
  return rows
}

/** Removes what is older than so many days, step by step. */
export function removeOldAuditEvents(pool: Pool, days: number): Promise<number> {
  return deleteInSteps(
    pool,
    (limit) =>
      `DELETE FROM audit_events WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM audit_events WHERE slot < now() - $1 * interval '1 day'
         ORDER BY slot LIMIT ${limit}
       ))`,
    [days],
  )
}
