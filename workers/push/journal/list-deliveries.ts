import { onJournal } from '../../../lib/journal/on-journal.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import {
  describeDeliveries,
  describeExpired,
  toDelivery,
  type DeliveryRecord,
  type DeliveryRow,
  type DeliveryState,
} from './delivery-rows.ts'

/** Which messages of a client are listed. */
export interface DeliverySelection {
  readonly clientId: string
  readonly state?: DeliveryState
  readonly correlationId?: string
  readonly limit: number
}

/**
 * Lists messages of all of a client's endpoints, the newest first; those that have expired come last. A message is listed for
 * each endpoint that has a copy. Throws `IpsError('journal-unavailable')`, retryable.
 */
export async function listDeliveries(
  pool: Pool,
  selection: DeliverySelection,
): Promise<DeliveryRecord[]> {
  const { state, limit } = selection
  return onJournal('listing messages', async () => {
    const kept = state === 'expired' ? [] : await listKept(pool, selection)
    const isComplete = kept.length >= limit || (state !== undefined && state !== 'expired')
    if (isComplete) return kept
    return [...kept, ...(await listExpired(pool, { ...selection, limit: limit - kept.length }))]
  })
}

async function listKept(
  pool: Pool,
  { clientId, state, correlationId, limit }: DeliverySelection,
): Promise<DeliveryRecord[]> {
  if (correlationId !== undefined) {
    const { rows } = await pool.query<DeliveryRow>(
      `SELECT * FROM (${describeDeliveries(ofCorrelation)}) AS described
       WHERE state = $3 OR $3 IS NULL
       ORDER BY position DESC LIMIT $4`,
      [clientId, correlationId, state ?? null, limit],
    )
    return rows.map(toDelivery)
  }
  const { rows } = await pool.query<DeliveryRow>(
    describeDeliveries(`
      SELECT endpoint_id, newest.position
      FROM endpoints AS endpoint CROSS JOIN LATERAL (${ofEndpoint(state)}) AS newest
      WHERE client_id = $1
      ORDER BY newest.position DESC LIMIT $2`),
    [clientId, limit],
  )
  return rows.map(toDelivery)
}

async function listExpired(
  pool: Pool,
  { clientId, correlationId, limit }: DeliverySelection,
): Promise<DeliveryRecord[]> {
  const { rows } = await pool.query<DeliveryRow>(
    describeExpired('client_id = $1 AND (correlation_id = $2 OR $2 IS NULL)', '$3'),
    [clientId, correlationId ?? null, limit],
  )
  return rows.map(toDelivery)
}

/** SQL: the messages of a transaction. They are few: the state is looked at later. */
const ofCorrelation = `
  SELECT endpoint_id, position FROM deliveries
  WHERE correlation_id = $2 AND replay_of IS NULL
    AND endpoint_id IN (SELECT endpoint_id FROM endpoints WHERE client_id = $1)`

/** SQL: the newest messages of one endpoint in a state, by the way that is the shortest to it. */
function ofEndpoint(state: DeliveryState | undefined): string {
  const newest = 'ORDER BY position DESC LIMIT $2'
  switch (state) {
    case undefined:
    case 'expired':
      return `SELECT position FROM deliveries
        WHERE endpoint_id = endpoint.endpoint_id AND replay_of IS NULL ${newest}`
    case 'pending':
      // A replay is shown as the message itself. Looked at one by one, until there are enough.
      return `SELECT coalesce(replay_of, position) AS position FROM deliveries AS queued
        WHERE endpoint_id = endpoint.endpoint_id
          AND position > coalesce(
            (SELECT position FROM cursors WHERE endpoint_id = endpoint.endpoint_id), 0)
          AND NOT EXISTS (
            SELECT FROM outcomes
            WHERE endpoint_id = endpoint.endpoint_id AND outcomes.position = queued.position
            OFFSET 0
          )
        ORDER BY queued.position DESC LIMIT $2`
    case 'retrying':
      return `SELECT position FROM outcomes
        WHERE endpoint_id = endpoint.endpoint_id AND state = 'retrying'
          AND started IN (true, false) ${newest}`
    case 'delivered':
    case 'dead':
    case 'dropped':
      return `SELECT position FROM outcomes
        WHERE endpoint_id = endpoint.endpoint_id AND state = '${state}' ${newest}`
  }
}
