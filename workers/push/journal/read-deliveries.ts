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
  message_id: string
  correlation_id: string
  traceparent: string
  body: string
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
  const { rows } = await onJournal('reading messages', () =>
    pool.query<Row>({
      name: 'read-deliveries',
      text: `
        SELECT request, position, message_id, correlation_id, traceparent, body, bytes
        FROM (
          SELECT request.number::integer AS request, page.*,
            sum(page.bytes) OVER (ORDER BY request.number, page.position) AS total
          FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS request (endpoint_id, after, number)
          CROSS JOIN LATERAL (
            SELECT position, message_id, correlation_id, traceparent, body, bytes
            FROM (
              SELECT *, sum(bytes) OVER (ORDER BY position) AS running
              FROM (
                SELECT *, octet_length(body) AS bytes
                FROM deliveries
                WHERE endpoint_id = request.endpoint_id AND position > request.after
                ORDER BY position
                LIMIT $3
              ) AS candidate
            ) AS measured
            WHERE running - bytes < $4
          ) AS page
        ) AS pages
        WHERE total - bytes < $5
        ORDER BY request, position`,
      values: [
        requests.map(({ endpointId }) => endpointId),
        requests.map(({ after }) => after),
        maxPageMessages,
        maxPageBytes,
        maxStatementBytes,
      ],
    }),
  )
  const pages = requests.map(() => ({ messages: [] as QueuedMessage[], bytes: 0 }))
  for (const row of rows) {
    const page = pages[row.request - 1]
    page?.messages.push(toMessage(row))
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

function toMessage(row: Row): QueuedMessage {
  return {
    position: Number(row.position),
    messageId: row.message_id,
    correlationId: row.correlation_id,
    traceparent: row.traceparent,
    body: row.body,
  }
}
