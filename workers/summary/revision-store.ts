import { withTransaction, type Pool, type PoolClient } from '../../lib/postgres/create-pool.ts'
import type {
  StoredRevision,
  SummaryActivitiesDependencies,
} from '../../activities/summary/publish-summary.ts'
import type { TransactionKey } from '../../activities/summary/transaction-record.ts'
import { lockTransaction, readTransactionRecord } from './read-transaction-record.ts'
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
          if (!(await lockTransaction(client, key))) return null
          const known = await readRevision(client, key, revision)
          if (known !== undefined) return known
          const record = await readTransactionRecord(client, key)
          // A second or two at most, where thousands of faces are compared, in turns with everything else here.
          const composed = await compose(record)
          const decided = { revision, messages: record.messages.length, ...composed }
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
