import { withTransaction, type Pool, type PoolClient } from '../../../lib/postgres/create-pool.ts'
import { appendedChannel, interruptChannel } from './channels.ts'
import { onJournal } from './journal-errors.ts'

/** An endpoint as a token names it, ready for the journal. */
export interface EndpointRow {
  readonly endpointId: string
  readonly clientId: string
  readonly host: string
  readonly sealed: Buffer
  /** JSON. */
  readonly settings: string
  readonly fingerprint: string
  readonly tokenIssuedAt: Date
}

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
 * for each other in a circle. Throws `IpsError('journal-unavailable')`, retryable.
 */
export async function appendDeliveries(
  pool: Pool,
  deliveries: readonly NewDelivery[],
): Promise<AppendResult> {
  if (deliveries.length === 0) return { appended: 0, woken: [] }
  return onJournal('appending messages', () =>
    withTransaction(pool, async (client) => {
      const changed = await upsertEndpoints(client, endpointsOf(deliveries))
      const { appended, touched, woken } = await insertDeliveries(client, deliveries)
      await notify(client, touched, changed)
      return { appended, woken }
    }),
  )
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

/** Locks every endpoint, new or not; returns the ids of those whose settings have changed. */
async function upsertEndpoints(
  client: PoolClient,
  endpoints: readonly EndpointRow[],
): Promise<string[]> {
  const { rows } = await client.query<{ endpoint_id: string; changed: boolean }>({
    name: 'upsert-endpoints',
    text: `
      INSERT INTO endpoints AS known
        (endpoint_id, client_id, host, sealed, settings, fingerprint, token_issued_at)
      SELECT * FROM unnest
        ($1::text[], $2::text[], $3::text[], $4::bytea[], $5::jsonb[], $6::text[], $7::timestamptz[])
      ON CONFLICT (endpoint_id) DO UPDATE SET
        sealed = excluded.sealed,
        settings = excluded.settings,
        fingerprint = excluded.fingerprint,
        token_issued_at = excluded.token_issued_at,
        changed_at = CASE WHEN known.fingerprint = excluded.fingerprint
          THEN known.changed_at ELSE now() END
      WHERE excluded.token_issued_at > known.token_issued_at
      RETURNING endpoint_id, changed_at = now() AS changed`,
    values: [
      endpoints.map((endpoint) => endpoint.endpointId),
      endpoints.map((endpoint) => endpoint.clientId),
      endpoints.map((endpoint) => endpoint.host),
      endpoints.map((endpoint) => endpoint.sealed),
      endpoints.map((endpoint) => endpoint.settings),
      endpoints.map((endpoint) => endpoint.fingerprint),
      endpoints.map((endpoint) => endpoint.tokenIssuedAt),
    ],
  })
  return rows.filter(({ changed }) => changed).map((row) => row.endpoint_id)
}

interface InsertedRow {
  endpoint_id: string
  count: string
  client_id: string | null
  host: string | null
  wake_generation: string | null
}

async function insertDeliveries(client: PoolClient, deliveries: readonly NewDelivery[]) {
  const { rows } = await client.query<InsertedRow>({
    name: 'insert-deliveries',
    text: `
      WITH appended AS (
        INSERT INTO deliveries
          (endpoint_id, message_id, type, correlation_id, image_id, traceparent, created_at, body)
        SELECT * FROM unnest
          ($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::text[])
        ON CONFLICT (endpoint_id, message_id) DO NOTHING
        RETURNING endpoint_id
      ), touched AS (
        SELECT endpoint_id, count(*) FROM appended GROUP BY endpoint_id
      ), woken AS (
        UPDATE endpoints SET
          awake = true, wake_generation = wake_generation + 1, woken_at = now()
        WHERE endpoint_id IN (SELECT endpoint_id FROM touched) AND NOT awake
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
