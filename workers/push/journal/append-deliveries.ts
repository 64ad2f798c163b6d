import { withTransaction, type Pool, type PoolClient } from '../../../lib/postgres/create-pool.ts'
import { appendedChannel, interruptChannel } from './channels.ts'
import { onJournal } from './journal-errors.ts'
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
  readonly body: string
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

/** PostgreSQL's payload of one notification has at most 8,000 bytes. */
const idsPerNotification = 200

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
  return onJournal('appending messages', () =>
    withTransaction(pool, async (client) => {
      const locked = await upsertEndpoints(client, endpointsOf(deliveries), secretOverlapSeconds)
      const { appended, touched, woken } = await insertDeliveries(
        client,
        withoutCopies(deliveries),
        locked.copiesFrom,
      )
      await notify(client, touched, locked.changed)
      return { appended, woken }
    }),
  )
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

interface InsertedRow {
  endpoint_id: string
  count: string
  client_id: string | null
  host: string | null
  wake_generation: string | null
}

async function insertDeliveries(
  client: PoolClient,
  deliveries: readonly NewDelivery[],
  copiesFrom: string,
) {
  const { rows } = await client.query<InsertedRow>({
    name: 'insert-deliveries',
    // The endpoint's id is compared in a way that no index serves: only the message's own is to be used.
    text: `
      WITH appended AS (
        INSERT INTO deliveries
          (endpoint_id, message_id, type, correlation_id, image_id, traceparent, created_at, body)
        SELECT *
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
          $7::timestamptz[], $8::text[])
          AS new (endpoint_id, message_id, type, correlation_id, image_id, traceparent, created_at, body)
        WHERE NOT EXISTS (
          SELECT FROM deliveries AS known
          WHERE known.message_id = new.message_id AND known.endpoint_id || '' = new.endpoint_id
            AND known.replay_of IS NULL AND known.position >= $9
          OFFSET 0
        )
        RETURNING endpoint_id
      ), touched AS (
        SELECT endpoint_id, count(*) FROM appended GROUP BY endpoint_id
      ), woken AS (
        UPDATE endpoints SET
          awake = true, wake_generation = wake_generation + 1, woken_at = now()
        WHERE endpoint_id = ANY(ARRAY(SELECT endpoint_id FROM touched)) AND NOT awake
        RETURNING endpoint_id, client_id, host, wake_generation
      )
      SELECT * FROM touched LEFT JOIN woken USING (endpoint_id)`,
    values: [
      deliveries.map(({ endpoint }) => endpoint.endpointId),
      deliveries.map((delivery) => delivery.messageId),
      deliveries.map((delivery) => delivery.type),
      deliveries.map((delivery) => delivery.correlationId),
      deliveries.map((delivery) => delivery.imageId),
      deliveries.map((delivery) => delivery.traceparent),
      deliveries.map((delivery) => delivery.createdAt),
      deliveries.map((delivery) => delivery.body),
      copiesFrom,
    ],
  })
  return {
    appended: rows.reduce((total, { count }) => total + Number(count), 0),
    touched: rows.map((row) => row.endpoint_id),
    woken: rows.flatMap(toWoken),
  }
}

function toWoken(row: InsertedRow): WokenEndpoint[] {
  const { endpoint_id: endpointId, client_id: clientId, host, wake_generation: generation } = row
  if (clientId === null || host === null) return []
  return [{ endpointId, clientId, host, generation: Number(generation) }]
}

/** Heard when the transaction is committed, by every process that delivers. */
async function notify(
  client: PoolClient,
  touched: readonly string[],
  changed: readonly string[],
): Promise<void> {
  const payloads = [
    ...chunksOf(touched).map((ids) => [appendedChannel, ids]),
    ...chunksOf(changed).map((ids) => [interruptChannel, ids]),
  ]
  if (payloads.length === 0) return
  await client.query({
    name: 'notify',
    text: 'SELECT pg_notify(channel, ids) FROM unnest($1::text[], $2::text[]) AS news (channel, ids)',
    values: [payloads.map(([channel]) => channel), payloads.map(([, ids]) => ids)],
  })
}

function chunksOf(ids: readonly string[]): string[] {
  const chunks: string[] = []
  for (let start = 0; start < ids.length; start += idsPerNotification)
    chunks.push(ids.slice(start, start + idsPerNotification).join(','))
  return chunks
}
