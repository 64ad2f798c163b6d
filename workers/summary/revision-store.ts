import { unlessErased, type ClientKeys } from '../../lib/client-keys/create-client-keys.ts'
import { sealContent, type ClientKey } from '../../lib/client-keys/seal-content.ts'
import { withTransaction, type Pool, type PoolClient } from '../../lib/postgres/create-pool.ts'
import type {
  StoredRevision,
  SummaryActivitiesDependencies,
} from '../../activities/summary/publish-summary.ts'
import type { TransactionKey } from '../../activities/summary/transaction-record.ts'
import { lockTransaction, readTransactionRecord } from './read-transaction-record.ts'
import { openColumn, type StoredColumn } from './sealed-columns.ts'
import { translateJournalError } from './translate-journal-error.ts'

/** What the activities do with the journal. */
export type RevisionStore = Pick<SummaryActivitiesDependencies, 'decideRevision' | 'markPublished'>

/**
 * Opens the revisions of transactions on the journal's database. There is nothing to decide for a client that was erased. Errors
 * are as those of the journal, of `ClientKeys` and of `openContent`.
 */
export function createRevisionStore(pool: Pool, keys: ClientKeys): RevisionStore {
  return {
    decideRevision: (key, revision, compose) =>
      translateJournalError(async () => {
        const clientKey = await unlessErased(keys.keyFor(key.clientId))
        if (clientKey === undefined) return null
        return withTransaction(pool, async (client) => {
          // The lock keeps the consumer from appending until the revision is there: what it appends later is news.
          if (!(await lockTransaction(client, key))) return null
          const known = await readRevision(client, key, revision, clientKey)
          if (known !== undefined) return { ...known, isRepeated: true }
          const record = await readTransactionRecord(client, key, clientKey)
          // A second or two at most, where thousands of faces are compared, in turns with everything else here.
          const composed = await compose(record)
          const decided = { revision, messages: record.messages.length, ...composed }
          await insertRevision(client, key, decided, clientKey)
          return decided
        })
      }),
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

interface RevisionRow extends StoredColumn {
  readonly outcome: StoredRevision['outcome']
  readonly messages: string
  readonly version: string
}

async function readRevision(
  client: PoolClient,
  { clientId, correlationId }: TransactionKey,
  revision: number,
  clientKey: ClientKey,
): Promise<StoredRevision | undefined> {
  const { rows } = await client.query<RevisionRow>(
    `SELECT outcome, messages, version, sealed, value AS plain FROM summaries
     WHERE client_id = $1 AND correlation_id = $2 AND revision = $3
     ORDER BY version`,
    [clientId, correlationId, revision],
  )
  const [row] = rows
  const records = rows.flatMap(({ version, ...content }) => {
    const value = openColumn(clientKey, 'summaries.value', content)
    return value === undefined ? [] : [{ version, value }]
  })
  if (row === undefined || records.length === 0) return undefined
  const { outcome } = row
  return { outcome, revision, messages: Number(row.messages), records }
}

async function insertRevision(
  client: PoolClient,
  { clientId, correlationId }: TransactionKey,
  { revision, outcome, messages, records }: StoredRevision,
  clientKey: ClientKey,
): Promise<void> {
  for (const { version, value } of records) {
    await client.query(
      `INSERT INTO summaries (client_id, correlation_id, revision, outcome, messages, version, sealed)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        ...[clientId, correlationId, revision, outcome, messages, version],
        sealContent(clientKey, 'summaries.value', value),
      ],
    )
  }
}
