import { notifyOf } from '../../../lib/journal/notify-of.ts'
import { onJournal } from '../../../lib/journal/on-journal.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { transact, type Statement } from '../../../lib/postgres/transact.ts'
import { appendedChannel } from './channels.ts'
import { slotBits } from './slots.ts'
import { upsertEndpoints, type EndpointRow } from './upsert-endpoints.ts'

export type { EndpointRow } from './upsert-endpoints.ts'

/** A message for one endpoint, rendered. */
export interface NewDelivery {
  readonly endpoint: EndpointRow
  readonly messageId: string
  readonly type: string
  readonly correlationId: string
  readonly imageId: string
  readonly traceparent: string
  readonly createdAt: Date
  /** The body, sealed: see `sealBody`. */
  readonly sealed: Buffer
}

/** An endpoint whose workflow must be signalled. */
export interface WokenEndpoint {
  readonly endpointId: string
  readonly clientId: string
  readonly host: string
  readonly generation: number
}

/** What an append did. */
export interface AppendResult {
  /** Messages that were not in the journal yet. */
  readonly appended: number
  readonly woken: readonly WokenEndpoint[]
}

/** The topics keep records for three days: what was in a slot that was closed before comes no more. One day is to spare. */
const copiesWithinDays = 4

/**
 * Appends messages in their order, in one transaction, and notes which endpoints need waking. A message that its
 * endpoint's journal has already is left out. Endpoints are locked in the order of their ids, so that appends never wait
 * for each other in a circle. A secret that is replaced still signs for `secretOverlapSeconds`. Throws
 * `IpsError('journal-unavailable')`, retryable, and `IpsError('journal-refused')` for data that the journal cannot hold.
 */
export async function appendDeliveries(
  pool: Pool,
  deliveries: readonly NewDelivery[],
  secretOverlapSeconds: number,
): Promise<AppendResult> {
  if (deliveries.length === 0) return { appended: 0, woken: [] }
  return onJournal('appending messages', async () => {
    const [, rows] = await transact(pool, [
      upsertEndpoints(endpointsOf(deliveries), secretOverlapSeconds),
      // A statement of its own: it sees what others have appended while it waited for the endpoints.
      insertDeliveries(withoutCopies(deliveries)),
    ])
    const [row] = rows as AppendResult[]
    return row ?? { appended: 0, woken: [] }
  })
}

/** Each message once: a statement does not see what it has inserted itself. */
function withoutCopies(deliveries: readonly NewDelivery[]): NewDelivery[] {
  const first = new Map<string, NewDelivery>()
  for (const delivery of deliveries) {
    const key = `${delivery.endpoint.endpointId}/${delivery.messageId}`
    if (!first.has(key)) first.set(key, delivery)
  }
  return [...first.values()]
}

/** Every endpoint once, with the settings of its newest token, in the order of the ids. */
function endpointsOf(deliveries: readonly NewDelivery[]): EndpointRow[] {
  const newest = new Map<string, EndpointRow>()
  for (const { endpoint } of deliveries) {
    const known = newest.get(endpoint.endpointId)
    if (known === undefined || known.tokenIssuedAt < endpoint.tokenIssuedAt)
      newest.set(endpoint.endpointId, endpoint)
  }
  return [...newest.values()].sort((a, b) => (a.endpointId < b.endpointId ? -1 : 1))
}

/** Its only row is an `AppendResult`. Of the journal's slots those are looked at that may have copies of what comes now. */
function insertDeliveries(deliveries: readonly NewDelivery[]): Statement {
  return {
    name: 'insert-deliveries',
    // The endpoint's id is compared in a way that no index serves: only the message's own is to be used.
    text: `
      WITH appended AS (
        INSERT INTO deliveries
          (endpoint_id, message_id, type, correlation_id, image_id, traceparent, created_at, sealed)
        SELECT endpoint_id, message_id, type, correlation_id, image_id, traceparent, created_at,
          substring($10::bytea FROM start FOR length)
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
          $7::timestamptz[], $8::integer[], $9::integer[])
          AS new (endpoint_id, message_id, type, correlation_id, image_id, traceparent, created_at,
            start, length)
        WHERE NOT EXISTS (
          SELECT FROM deliveries AS known
          WHERE known.message_id = new.message_id AND known.endpoint_id || '' = new.endpoint_id
            AND known.replay_of IS NULL AND known.position >= (
              SELECT min(slot)::bigint << ${slotBits} FROM slots
              WHERE closed_at IS NULL OR closed_at > now() - interval '${copiesWithinDays} days'
            )
          OFFSET 0
        )
        RETURNING endpoint_id
      ), touched AS (
        SELECT DISTINCT endpoint_id FROM appended
      ), woken AS (
        UPDATE endpoints SET
          awake = true, wake_generation = wake_generation + 1, woken_at = now()
        WHERE endpoint_id = ANY(ARRAY(SELECT endpoint_id FROM touched)) AND NOT awake
        RETURNING endpoint_id AS "endpointId", client_id AS "clientId", host, wake_generation AS generation
      ), news AS (${notifyOf(appendedChannel, 'SELECT endpoint_id FROM touched')})
      SELECT (SELECT count(*)::integer FROM appended) AS appended,
        (SELECT coalesce(json_agg(woken), '[]') FROM woken) AS woken,
        (SELECT count(told) FROM news) AS notifications`,
    values: [
      deliveries.map(({ endpoint }) => endpoint.endpointId),
      deliveries.map((delivery) => delivery.messageId),
      deliveries.map((delivery) => delivery.type),
      deliveries.map((delivery) => delivery.correlationId),
      deliveries.map((delivery) => delivery.imageId),
      deliveries.map((delivery) => delivery.traceparent),
      deliveries.map((delivery) => delivery.createdAt),
      startsOf(deliveries),
      deliveries.map((delivery) => delivery.sealed.length),
      // One value, which goes as it is: in an array of them each byte would become two characters.
      Buffer.concat(deliveries.map((delivery) => delivery.sealed)),
    ],
  }
}

/** Where each body begins when all are put together, from 1. */
function startsOf(deliveries: readonly NewDelivery[]): number[] {
  let next = 1
  return deliveries.map(({ sealed }) => {
    const start = next
    next += sealed.length
    return start
  })
}
