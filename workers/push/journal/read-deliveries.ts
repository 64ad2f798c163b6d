import type { Page, QueuedMessage } from '../../../activities/delivery/delivery-journal.ts'
import type { ClientKeys } from '../../../lib/client-keys/create-client-keys.ts'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { onJournal } from '../../../lib/journal/on-journal.ts'
import { openBody } from './sealed-columns.ts'

/** Read on in an endpoint's journal. */
export interface ReadRequest {
  readonly endpointId: string
  readonly after: number
}

/** Messages of one page at most. */
const maxPageMessages = 128
/** Bodies of one page stay below this, but for a first one that is larger: a thousand endpoints may each hold a page. */
const maxPageBytes = 256 * 1024
/** Bodies of one statement stay below this, but for the last one: where each page is one large body, 64 are too many. */
const maxStatementBytes = 16 * 1024 * 1024

interface Row {
  request: number
  client_id: string
  position: string
  replay_of: string | null
  message_id: string
  correlation_id: string
  traceparent: string
  body: string | null
  sealed: Buffer | null
  bytes: number
}

/** A body as it lies in the journal: one from before they were sealed is plain. */
type StoredBody = Pick<Row, 'body' | 'sealed'>

/**
 * Reads one page for each request, in one statement: many endpoints with a little each are the usual case. Where they have
 * much, the last pages are shorter or empty, and say that there is more. Instead of a page there is the error where its bodies cannot
 * be opened: what `ClientKeys.existingKey` and `openContent` throw. Throws `IpsError('journal-unavailable')`, retryable.
 */
export async function readDeliveries(
  pool: Pool,
  keys: ClientKeys,
  requests: readonly ReadRequest[],
): Promise<(Page | IpsError)[]> {
  const { rows, replayed } = await onJournal('reading messages', async () => {
    const { rows } = await pool.query<Row>({
      name: 'read-deliveries',
      text: readStatement,
      values: [
        requests.map(({ endpointId }) => endpointId),
        requests.map(({ after }) => after),
        Math.min(...requests.map(({ after }) => after)),
      ],
    })
    return { rows, replayed: await readReplayedBodies(pool, requests, rows) }
  })
  return toPages(keys, requests, rows, replayed)
}

/** The lowest position of all says which slots need not even be opened. */
const readStatement = `
  SELECT request, client_id, position, replay_of, message_id, correlation_id, traceparent, body, sealed, bytes
  FROM (
    SELECT request.number::integer AS request, page.*,
      (SELECT client_id FROM endpoints WHERE endpoint_id = request.endpoint_id) AS client_id,
      sum(page.bytes) OVER (ORDER BY request.number, page.position) AS total
    FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS request (endpoint_id, after, number)
    CROSS JOIN LATERAL (
      SELECT position, replay_of, message_id, correlation_id, traceparent, body, sealed, bytes
      FROM (
        SELECT *, sum(bytes) OVER (ORDER BY position) AS running
        FROM (
          SELECT *, coalesce(body_bytes, octet_length(sealed), octet_length(body)) AS bytes
          FROM deliveries
          WHERE endpoint_id = request.endpoint_id AND position > request.after AND position > $3
          ORDER BY position
          LIMIT ${maxPageMessages}
        ) AS candidate
      ) AS measured
      WHERE running - bytes < ${maxPageBytes}
    ) AS page
  ) AS pages
  WHERE total - bytes < ${maxStatementBytes}
  ORDER BY request, position`

/** The bodies of messages that replays refer to, by the position of the replay. */
async function readReplayedBodies(
  pool: Pool,
  requests: readonly ReadRequest[],
  rows: readonly Row[],
): Promise<Map<string, StoredBody>> {
  const replays = rows.filter((row) => row.replay_of !== null)
  if (replays.length === 0) return new Map()
  const found = await pool.query<StoredBody & { position: string }>({
    name: 'read-replayed-bodies',
    text: `
      SELECT replay.position, message.body, message.sealed
      FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS replay (endpoint_id, position, origin)
      CROSS JOIN LATERAL (
        SELECT body, sealed FROM deliveries
        WHERE endpoint_id = replay.endpoint_id AND position = replay.origin
        OFFSET 0
      ) AS message`,
    values: [
      replays.map(({ request }) => requests[request - 1]?.endpointId),
      replays.map(({ position }) => position),
      replays.map((row) => row.replay_of),
    ],
  })
  return new Map(found.rows.map(({ position, ...stored }) => [position, stored]))
}

async function toPages(
  keys: ClientKeys,
  requests: readonly ReadRequest[],
  rows: readonly Row[],
  replayed: ReadonlyMap<string, StoredBody>,
): Promise<(Page | IpsError)[]> {
  const pages = requests.map(() => [] as Row[])
  for (const row of rows) pages[row.request - 1]?.push(row)
  const totalBytes = rows.reduce((total, { bytes }) => total + bytes, 0)
  const firstCut = totalBytes < maxStatementBytes ? undefined : rows.at(-1)?.request
  return Promise.all(
    pages.map(async (page, index) => {
      const messages = await openPage(keys, page, replayed)
      if (messages instanceof IpsError) return messages
      const bytes = page.reduce((total, row) => total + row.bytes, 0)
      const hasMore =
        page.length === maxPageMessages ||
        bytes >= maxPageBytes ||
        (firstCut !== undefined && index + 1 >= firstCut)
      return { messages, hasMore }
    }),
  )
}

/** A page is of one endpoint, and so of one client. */
async function openPage(
  keys: ClientKeys,
  page: readonly Row[],
  replayed: ReadonlyMap<string, StoredBody>,
): Promise<QueuedMessage[] | IpsError> {
  const stored = page.map((row) => (row.replay_of === null ? row : replayed.get(row.position)))
  const [first] = page
  const isSealed = stored.some((body) => body !== undefined && body.sealed !== null)
  try {
    const key = first && isSealed ? await keys.existingKey(first.client_id) : undefined
    return page.map((row, index) => {
      const { body = null, sealed = null } = stored[index] ?? {}
      const isOpened = key !== undefined && sealed !== null
      return toMessage(row, isOpened ? openBody(key, sealed) : (body ?? undefined))
    })
  } catch (error) {
    if (error instanceof IpsError) return error
    throw error
  }
}

function toMessage(row: Row, body: string | undefined): QueuedMessage {
  return {
    position: Number(row.position),
    origin: Number(row.replay_of ?? row.position),
    messageId: row.message_id,
    correlationId: row.correlation_id,
    traceparent: row.traceparent,
    body,
  }
}
