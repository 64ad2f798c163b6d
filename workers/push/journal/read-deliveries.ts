import type { Page, QueuedMessage } from '../../../activities/delivery/delivery-journal.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { onJournal } from './journal-errors.ts'

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
  position: string
  replay_of: string | null
  message_id: string
  correlation_id: string
  traceparent: string
  body: string | null
  bytes: number
}

/**
 * Reads one page for each request, in one statement: many endpoints with a little each are the usual case. Where they have
 * much, the last pages are shorter or empty, and say that there is more. Throws `IpsError('journal-unavailable')`, retryable.
 */
export async function readDeliveries(
  pool: Pool,
  requests: readonly ReadRequest[],
): Promise<Page[]> {
  return onJournal('reading messages', async () => {
    const { rows } = await pool.query<Row>({
      name: 'read-deliveries',
      text: readStatement,
      values: [
        requests.map(({ endpointId }) => endpointId),
        requests.map(({ after }) => after),
        Math.min(...requests.map(({ after }) => after)),
      ],
    })
    return toPages(requests, rows, await readReplayedBodies(pool, requests, rows))
  })
}

/** The lowest position of all says which slots need not even be opened. */
const readStatement = `
  SELECT request, position, replay_of, message_id, correlation_id, traceparent, body, bytes
  FROM (
    SELECT request.number::integer AS request, page.*,
      sum(page.bytes) OVER (ORDER BY request.number, page.position) AS total
    FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS request (endpoint_id, after, number)
    CROSS JOIN LATERAL (
      SELECT position, replay_of, message_id, correlation_id, traceparent, body, bytes
      FROM (
        SELECT *, sum(bytes) OVER (ORDER BY position) AS running
        FROM (
          SELECT *, coalesce(body_bytes, octet_length(body)) AS bytes
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
): Promise<Map<string, string>> {
  const replays = rows.filter((row) => row.replay_of !== null)
  if (replays.length === 0) return new Map()
  const found = await pool.query<{ position: string; body: string }>({
    name: 'read-replayed-bodies',
    text: `
      SELECT replay.position, message.body
      FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS replay (endpoint_id, position, origin)
      CROSS JOIN LATERAL (
        SELECT body FROM deliveries
        WHERE endpoint_id = replay.endpoint_id AND position = replay.origin
        OFFSET 0
      ) AS message`,
    values: [
      replays.map(({ request }) => requests[request - 1]?.endpointId),
      replays.map(({ position }) => position),
      replays.map((row) => row.replay_of),
    ],
  })
  return new Map(found.rows.map(({ position, body }) => [position, body]))
}

function toPages(
  requests: readonly ReadRequest[],
  rows: readonly Row[],
  replayed: ReadonlyMap<string, string>,
): Page[] {
  const pages = requests.map(() => ({ messages: [] as QueuedMessage[], bytes: 0 }))
  for (const row of rows) {
    const page = pages[row.request - 1]
    page?.messages.push(toMessage(row, row.body ?? replayed.get(row.position)))
    if (page !== undefined) page.bytes += row.bytes
  }
  const totalBytes = rows.reduce((total, { bytes }) => total + bytes, 0)
  const firstCut = totalBytes < maxStatementBytes ? undefined : rows.at(-1)?.request
  return pages.map(({ messages, bytes }, index) => ({
    messages,
    hasMore:
      messages.length === maxPageMessages ||
      bytes >= maxPageBytes ||
      (firstCut !== undefined && index + 1 >= firstCut),
  }))
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
