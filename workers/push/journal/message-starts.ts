import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { onJournal } from '../../../lib/journal/on-journal.ts'

/** A refused message whose workflow is to be started. */
export interface UnstartedMessage {
  readonly clientId: string
  readonly endpointId: string
  readonly host: string
  readonly messageId: string
  readonly position: number
  readonly correlationId: string
  readonly type: string
  /** Attempts that did not deliver. */
  readonly failures: number
  /** Of the last of them. */
  readonly lastStatus?: number
  readonly lastError?: string
}

/** A workflow costs Temporal some 10 ms for each try: an endpoint that refuses much has its messages tried bit by bit. */
export const maxStartedPerEndpoint = 100

interface Row {
  client_id: string
  endpoint_id: string
  host: string
  message_id: string
  position: string
  correlation_id: string
  type: string
  failures: number
  last_status: number | null
  last_error: string | null
}

/**
 * Finds messages that are `retrying` and have no workflow yet, `limit` at most, the oldest of each endpoint first, and of each
 * endpoint as many as it may have at once beside those that have one. Throws `IpsError('journal-unavailable')`, retryable.
 */
export async function findUnstarted(pool: Pool, limit: number): Promise<UnstartedMessage[]> {
  const { rows } = await onJournal('looking for refused messages', () =>
    pool.query<Row>({ name: 'find-unstarted', text: findStatement, values: [limit] }),
  )
  return rows.map((row) => ({
    clientId: row.client_id,
    endpointId: row.endpoint_id,
    host: row.host,
    messageId: row.message_id,
    position: Number(row.position),
    correlationId: row.correlation_id,
    type: row.type,
    failures: row.failures,
    ...(row.last_status === null ? {} : { lastStatus: row.last_status }),
    ...(row.last_error === null ? {} : { lastError: row.last_error }),
  }))
}

/** From endpoint to endpoint by the index: however many messages of one wait, each costs a step. */
const findStatement = `
  WITH RECURSIVE endpoint AS (
    (
      SELECT endpoint_id FROM outcomes WHERE state = 'retrying' AND NOT started
      ORDER BY endpoint_id LIMIT 1
    )
    UNION ALL
    SELECT (
      SELECT endpoint_id FROM outcomes
      WHERE state = 'retrying' AND NOT started AND endpoint_id > endpoint.endpoint_id
      ORDER BY endpoint_id LIMIT 1
    )
    FROM endpoint WHERE endpoint_id IS NOT NULL
  )
  SELECT client_id, endpoint_id, host, message_id, waiting.position, correlation_id, type,
    coalesce(last.number, 1) AS failures,
    coalesce(last.status, waiting.status) AS last_status, coalesce(last.error, reason) AS last_error
  FROM endpoint
  CROSS JOIN LATERAL (
    SELECT client_id, host FROM endpoints WHERE endpoint_id = endpoint.endpoint_id OFFSET 0
  ) AS target
  CROSS JOIN LATERAL (
    SELECT count(*) FROM (
      SELECT FROM outcomes
      WHERE state = 'retrying' AND started AND endpoint_id = endpoint.endpoint_id
      LIMIT ${maxStartedPerEndpoint}
    ) AS counted
  ) AS started
  CROSS JOIN LATERAL (
    SELECT position, status, reason FROM outcomes
    WHERE state = 'retrying' AND NOT outcomes.started AND endpoint_id = endpoint.endpoint_id
    ORDER BY position LIMIT ${maxStartedPerEndpoint} - started.count
  ) AS waiting
  CROSS JOIN LATERAL (
    SELECT message_id, correlation_id, type FROM deliveries
    WHERE endpoint_id = endpoint.endpoint_id AND position = waiting.position
    OFFSET 0
  ) AS message
  LEFT JOIN LATERAL (
    SELECT number, status, error FROM attempts
    WHERE endpoint_id = endpoint.endpoint_id AND position = waiting.position
    ORDER BY number DESC LIMIT 1
  ) AS last ON true
  LIMIT $1`

/**
 * Notes that the workflows of messages were started just now; where a message is not `retrying` any more, it is left alone.
 * Throws `IpsError('journal-unavailable')`, retryable.
 */
export async function markStarted(
  pool: Pool,
  messages: readonly Pick<UnstartedMessage, 'endpointId' | 'position'>[],
): Promise<void> {
  await onJournal('noting workflows', () =>
    pool.query({
      name: 'mark-started',
      text: `
        INSERT INTO outcomes (endpoint_id, position, state, started)
        SELECT DISTINCT endpoint_id, position, 'retrying', true
        FROM unnest($1::text[], $2::bigint[]) AS started (endpoint_id, position)
        CROSS JOIN LATERAL (
          SELECT FROM outcomes
          WHERE outcomes.endpoint_id = started.endpoint_id AND outcomes.position = started.position
            AND state = 'retrying'
          OFFSET 0
        ) AS refused
        ORDER BY endpoint_id, position
        ON CONFLICT (endpoint_id, position) DO UPDATE SET started = true, settled_at = now()
        WHERE outcomes.state = 'retrying'`,
      values: [
        messages.map(({ endpointId }) => endpointId),
        messages.map(({ position }) => position),
      ],
    }),
  )
}
