import type { EndpointNote } from '../../../activities/delivery/operations-journal.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { onJournal } from '../../../lib/journal/on-journal.ts'

/** An endpoint as operators see it. Times are ms since the epoch. */
export interface EndpointRecord extends EndpointNote {
  readonly clientId: string
  readonly endpointId: string
  readonly host: string
  /** Messages that wait in the queue. */
  readonly backlog: number
  /** Requests under way, as the delivery said last. */
  readonly inFlight: number
  /** Messages that were refused, each in the hands of its own workflow. */
  readonly retrying: number
  readonly dead: number
  /** Of the newest token that named it. */
  readonly tokenIssuedAt: number
}

interface Row {
  endpoint_id: string
  client_id: string
  host: string
  token_issued_at: Date
  state: EndpointNote['state']
  failures: number
  last_status: number | null
  last_error: string | null
  next_attempt_at: Date | null
  in_flight: number
  backlog: string
  retrying: string
  dead: string
}

/**
 * Finds the endpoints of a client, that of the newest token first. Counts what waits: for millions of messages that takes
 * a second. Throws `IpsError('journal-unavailable')`, retryable.
 */
export async function findEndpoints(pool: Pool, clientId: string): Promise<EndpointRecord[]> {
  const { rows } = await onJournal('looking for endpoints', () =>
    pool.query<Row>(
      `SELECT endpoint_id, client_id, host, token_issued_at, coalesce(state, 'idle') AS state,
         coalesce(failures, 0) AS failures, last_status, last_error, next_attempt_at,
         coalesce(in_flight, 0) AS in_flight,
         -- Each outcome beyond the cursor is of a message there.
         (
           SELECT count(*) FROM deliveries
           WHERE endpoint_id = endpoint.endpoint_id AND position > coalesce(cursor.position, 0)
         ) - (
           SELECT count(*) FROM outcomes
           WHERE endpoint_id = endpoint.endpoint_id AND position > coalesce(cursor.position, 0)
         ) AS backlog,
         (
           SELECT count(*) FROM outcomes
           WHERE endpoint_id = endpoint.endpoint_id AND state = 'retrying' AND started IN (true, false)
         ) AS retrying,
         (
           SELECT count(*) FROM outcomes
           WHERE endpoint_id = endpoint.endpoint_id AND state = 'dead'
         ) AS dead
       FROM endpoints AS endpoint LEFT JOIN cursors AS cursor USING (endpoint_id)
       WHERE client_id = $1
       ORDER BY token_issued_at DESC, endpoint_id`,
      [clientId],
    ),
  )
  return rows.map(toEndpoint)
}

function toEndpoint(row: Row): EndpointRecord {
  return {
    clientId: row.client_id,
    endpointId: row.endpoint_id,
    host: row.host,
    state: row.state,
    failures: row.failures,
    ...(row.last_status === null ? {} : { lastStatus: row.last_status }),
    ...(row.last_error === null ? {} : { lastError: row.last_error }),
    ...(row.next_attempt_at === null ? {} : { nextAttemptAt: row.next_attempt_at.getTime() }),
    backlog: Number(row.backlog),
    inFlight: row.in_flight,
    retrying: Number(row.retrying),
    dead: Number(row.dead),
    tokenIssuedAt: row.token_issued_at.getTime(),
  }
}
