import { withTransaction, type Pool, type PoolClient } from '../../lib/postgres/create-pool.ts'
import type {
  StoredRevision,
  SummaryActivitiesDependencies,
} from '../../activities/summary/publish-summary.ts'
import type {
  ImageAnswers,
  JournalledMessage,
  TransactionKey,
  TransactionRecord,
} from '../../activities/summary/transaction-record.ts'
import { translateJournalError } from './translate-journal-error.ts'

/** What the activities do with the journal. */
export type RevisionStore = Pick<SummaryActivitiesDependencies, 'decideRevision' | 'markPublished'>

/** Opens the revisions of transactions on the journal's database. Errors are as those of the journal. */
export function createRevisionStore(pool: Pool): RevisionStore {
  return {
    decideRevision: (key, revision, compose) =>
      translateJournalError(() =>
        withTransaction(pool, async (client) => {
          // The lock keeps the consumer from appending until the revision is there: what it appends later is news.
          const record = await readRecordLocked(client, key)
          if (record === undefined) return null
          const known = await readRevision(client, key, revision)
          if (known !== undefined) return known
          const decided = { revision, messages: record.messages.length, ...compose(record) }
          await insertRevision(client, key, decided)
          return decided
        }),
      ),
    markPublished: (key, revision) =>
      translateJournalError(async () => {
        await pool.query(
          `UPDATE summaries SET published_at = now()
           WHERE client_id = $1 AND correlation_id = $2 AND revision = $3 AND published_at IS NULL`,
          [key.clientId, key.correlationId, revision],
        )
      }),
  }
}

interface TransactionRow {
  announced: number
  window_start: Date
  token: string
  token_ingested_at: Date
  traceparent: string
  synthetic: boolean
}

async function readRecordLocked(
  client: PoolClient,
  { clientId, correlationId }: TransactionKey,
): Promise<TransactionRecord | undefined> {
  const key = [clientId, correlationId]
  const where = 'WHERE client_id = $1 AND correlation_id = $2'
  const { rows } = await client.query<TransactionRow>(
    `SELECT announced, window_start, token, token_ingested_at, traceparent, synthetic
     FROM transactions ${where} FOR UPDATE`,
    key,
  )
  const [row] = rows
  if (row === undefined) return undefined
  const images = await client.query<ImageAnswers>(
    `SELECT image_id AS "imageId", expected, answered FROM images ${where}`,
    key,
  )
  const messages = await client.query<JournalledMessage>(
    `SELECT message_id AS "messageId", image_id AS "imageId", service, version, content
     FROM messages ${where}`,
    key,
  )
  return {
    announced: row.announced,
    windowStart: row.window_start,
    token: row.token,
    tokenIngestedAt: row.token_ingested_at,
    traceparent: row.traceparent,
    synthetic: row.synthetic,
    images: images.rows,
    messages: messages.rows,
  }
}

async function readRevision(
  client: PoolClient,
  { clientId, correlationId }: TransactionKey,
  revision: number,
): Promise<StoredRevision | undefined> {
  const { rows } = await client.query<{
    outcome: StoredRevision['outcome']
    messages: string
    value: Buffer | null
  }>(
    `SELECT outcome, messages, value FROM summaries
     WHERE client_id = $1 AND correlation_id = $2 AND revision = $3`,
    [clientId, correlationId, revision],
  )
  const [row] = rows
  if (row === undefined || row.value === null) return undefined
  const { outcome, value } = row
  return { outcome, revision, messages: Number(row.messages), value }
}

async function insertRevision(
  client: PoolClient,
  { clientId, correlationId }: TransactionKey,
  { revision, outcome, messages, value }: StoredRevision,
): Promise<void> {
  await client.query(
    `INSERT INTO summaries (client_id, correlation_id, revision, outcome, messages, value)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [clientId, correlationId, revision, outcome, messages, Buffer.from(value)],
  )
}
