import type { AttemptRecord } from '../../../activities/delivery/delivery-journal.ts'

/** The states of messages, as operators see them. */
export const deliveryStates = [
  'pending',
  'retrying',
  'delivered',
  'dead',
  'dropped',
  'expired',
] as const

export type DeliveryState = (typeof deliveryStates)[number]

/** A message of one endpoint. Times are ms since the epoch. */
export interface DeliveryRecord {
  readonly id: string
  readonly type: string
  readonly correlationId: string
  readonly clientId: string
  readonly endpointId: string
  readonly host: string
  /** Of the message itself. */
  readonly position: number
  readonly state: DeliveryState
  /** Those that failed, and the one that delivered. */
  readonly attempts: number
  readonly lastStatus?: number
  readonly lastError?: string
  /** Why it is dead or dropped. */
  readonly reason?: string
  readonly createdAt: number
  /** When it left the queue, where it does not wait there. */
  readonly settledAt?: number
  /** Of the endpoint, where the message is pending. */
  readonly nextAttemptAt?: number
}

/** A message with the last of its attempts, the oldest first; one that delivered is the last. */
export interface LoggedDelivery extends DeliveryRecord {
  readonly log: readonly (AttemptRecord & { readonly number: number })[]
}

/** A row of `describeDeliveries` and of `describeExpired`. */
export interface DeliveryRow {
  message_id: string
  type: string
  correlation_id: string
  client_id: string
  endpoint_id: string
  host: string
  position: string
  state: DeliveryState
  attempts: number
  last_status: number | null
  last_error: string | null
  reason: string | null
  created_at: Date
  settled_at: Date | null
  next_attempt_at: Date | null
}

/**
 * SQL: describes the messages that a query picks, which gives `endpoint_id` and `position` of the message itself, the newest
 * first.
 */
export function describeDeliveries(picked: string): string {
  return `
    SELECT message_id, type, correlation_id, client_id, endpoint_id, host, picked.position, shown.state,
      coalesce(last.number, 0) + (shown.state = 'delivered')::integer AS attempts,
      CASE shown.state WHEN 'delivered' THEN outcome.status
        ELSE coalesce(last.status, outcome.status) END AS last_status,
      CASE shown.state WHEN 'delivered' THEN NULL ELSE coalesce(last.error, outcome.reason) END AS last_error,
      CASE WHEN shown.state IN ('dead', 'dropped') THEN outcome.reason END AS reason,
      created_at,
      CASE shown.state WHEN 'pending' THEN NULL ELSE settled_at END AS settled_at,
      CASE shown.state WHEN 'pending' THEN next_attempt_at END AS next_attempt_at
    FROM (${picked}) AS picked
    JOIN endpoints USING (endpoint_id)
    LEFT JOIN cursors USING (endpoint_id)
    CROSS JOIN LATERAL (
      SELECT message_id, type, correlation_id, created_at FROM deliveries
      WHERE deliveries.endpoint_id = picked.endpoint_id AND deliveries.position = picked.position
      OFFSET 0
    ) AS message
    LEFT JOIN LATERAL (
      SELECT outcomes.state, status, reason, settled_at FROM outcomes
      WHERE outcomes.endpoint_id = picked.endpoint_id AND outcomes.position = picked.position
      OFFSET 0
    ) AS outcome ON true
    LEFT JOIN LATERAL (
      SELECT number, status, error FROM attempts
      WHERE attempts.endpoint_id = picked.endpoint_id AND attempts.position = picked.position
      ORDER BY number DESC LIMIT 1
    ) AS last ON true
    CROSS JOIN LATERAL (
      SELECT CASE WHEN outcome.state IS NULL OR outcome.state = 'requeued' THEN 'pending'
        ELSE outcome.state END AS state
    ) AS shown
    ORDER BY picked.position DESC`
}

/** SQL: describes messages that retention has removed undelivered, the newest first. */
export function describeExpired(condition: string, limit: string): string {
  return `
    SELECT message_id, type, correlation_id, client_id, endpoint_id, host, expired.position,
      'expired' AS state, attempts, expired.last_status, expired.last_error, NULL AS reason, created_at,
      expired_at AS settled_at, NULL AS next_attempt_at
    FROM expired JOIN endpoints USING (endpoint_id)
    WHERE ${condition}
    ORDER BY noted DESC
    LIMIT ${limit}`
}

/** Reads a row. */
export function toDelivery(row: DeliveryRow): DeliveryRecord {
  return {
    id: row.message_id,
    type: row.type,
    correlationId: row.correlation_id,
    clientId: row.client_id,
    endpointId: row.endpoint_id,
    host: row.host,
    position: Number(row.position),
    state: row.state,
    attempts: row.attempts,
    ...(row.last_status === null ? {} : { lastStatus: row.last_status }),
    ...(row.last_error === null ? {} : { lastError: row.last_error }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    createdAt: row.created_at.getTime(),
    ...(row.settled_at === null ? {} : { settledAt: row.settled_at.getTime() }),
    ...(row.next_attempt_at === null ? {} : { nextAttemptAt: row.next_attempt_at.getTime() }),
  }
}
