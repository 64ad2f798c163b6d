import type { ClientKey } from '../../lib/client-keys/seal-content.ts'
import type { PoolClient } from '../../lib/postgres/create-pool.ts'
import type {
  FaceTemplate,
  ImageAnswers,
  JournalledMessage,
  MessageContent,
  TransactionKey,
  TransactionRecord,
} from '../../activities/summary/transaction-record.ts'
import { readFormerPeople } from './read-former-people.ts'
import { openColumn, type SealedColumn, type StoredColumn } from './sealed-columns.ts'

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

type TransactionRow = StoredColumn &
  Omit<TransactionRecord, 'token' | 'images' | 'messages' | 'templates' | 'formerPeople'>
type MessageRow = StoredColumn & Omit<JournalledMessage, 'content'>
type TemplateRow = StoredColumn & Omit<FaceTemplate, 'vector'>

/**
 * Everything that the journal knows of a transaction that is there, for its next revision, opened with its client's key. Throws
 * as `openContent` does.
 */
export async function readTransactionRecord(
  client: PoolClient,
  { clientId, correlationId }: TransactionKey,
  clientKey: ClientKey,
): Promise<TransactionRecord> {
  const key = [clientId, correlationId]
  const where = 'WHERE client_id = $1 AND correlation_id = $2'
  const transactions = await client.query<TransactionRow>(
    `SELECT announced, window_start AS "windowStart", token_ingested_at AS "tokenIngestedAt", traceparent, synthetic,
       identity_threshold AS "identityThreshold", versions, sealed_token AS sealed, convert_to(token, 'UTF8') AS plain
     FROM transactions ${where}`,
    key,
  )
  const [transaction] = transactions.rows
  if (transaction === undefined) throw new TypeError(`${correlationId} was not locked`)
  const images = await client.query<ImageAnswers>(
    `SELECT image_id AS "imageId", expected, answered FROM images ${where}`,
    key,
  )
  const messages = await client.query<MessageRow>(
    `SELECT message_id AS "messageId", image_id AS "imageId", service, version, sealed,
       convert_to(content::text, 'UTF8') AS plain
     FROM messages ${where}`,
    key,
  )
  const templates = await client.query<TemplateRow>(
    `SELECT image_id AS "imageId", face_index AS index, maker, sealed, vector AS plain
     FROM face_templates ${where}`,
    key,
  )
  const open = (column: SealedColumn, row: StoredColumn) =>
    openColumn(clientKey, column, row) ?? Buffer.alloc(0)
  const { sealed, plain, ...about } = transaction
  return {
    ...about,
    token: open('transactions.token', { sealed, plain }).toString(),
    images: images.rows,
    messages: messages.rows.map(({ sealed, plain, ...message }) => ({
      ...message,
      content: JSON.parse(open('messages.content', { sealed, plain }).toString()) as MessageContent,
    })),
    templates: templates.rows.map(({ sealed, plain, ...template }) => ({
      ...template,
      vector: open('face_templates.vector', { sealed, plain }),
    })),
    formerPeople: await readFormerPeople(client, key, clientKey),
  }
}
