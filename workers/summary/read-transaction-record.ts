import type { PoolClient } from '../../lib/postgres/create-pool.ts'
import type {
  FaceTemplate,
  ImageAnswers,
  JournalledMessage,
  TransactionKey,
  TransactionRecord,
} from '../../activities/summary/transaction-record.ts'
import { readFormerPeople } from './read-former-people.ts'

/** Locks a transaction against the consumer's appending, until the end of the database's transaction; false where there is none. */
export async function lockTransaction(
  client: PoolClient,
  { clientId, correlationId }: TransactionKey,
): Promise<boolean> {
  const { rows } = await client.query(
    'SELECT FROM transactions WHERE client_id = $1 AND correlation_id = $2 FOR UPDATE',
    [clientId, correlationId],
  )
  return rows.length > 0
}

interface TransactionRow {
  readonly announced: number
  readonly windowStart: Date
  readonly token: string
  readonly tokenIngestedAt: Date
  readonly traceparent: string
  readonly synthetic: boolean
  readonly identityThreshold: number
}

/** Everything that the journal knows of a transaction that is there, for its next revision. */
export async function readTransactionRecord(
  client: PoolClient,
  { clientId, correlationId }: TransactionKey,
): Promise<TransactionRecord> {
  const key = [clientId, correlationId]
  const where = 'WHERE client_id = $1 AND correlation_id = $2'
  const transactions = await client.query<TransactionRow>(
    `SELECT announced, window_start AS "windowStart", token, token_ingested_at AS "tokenIngestedAt", traceparent,
       synthetic, identity_threshold AS "identityThreshold"
     FROM transactions ${where}`,
    key,
  )
  const [transaction] = transactions.rows
  if (transaction === undefined) throw new TypeError(`${correlationId} was not locked`)
  const images = await client.query<ImageAnswers>(
    `SELECT image_id AS "imageId", expected, answered FROM images ${where}`,
    key,
  )
  const messages = await client.query<JournalledMessage>(
    `SELECT message_id AS "messageId", image_id AS "imageId", service, version, content
     FROM messages ${where}`,
    key,
  )
  const templates = await client.query<FaceTemplate>(
    `SELECT image_id AS "imageId", face_index AS index, maker, vector FROM face_templates ${where}`,
    key,
  )
  return {
    ...transaction,
    images: images.rows,
    messages: messages.rows,
    templates: templates.rows,
    formerPeople: await readFormerPeople(client, key),
  }
}
