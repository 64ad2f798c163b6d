import type { TransactionKey } from '../../activities/summary/transaction-record.ts'
import type { ClientKeys } from '../../lib/client-keys/create-client-keys.ts'
import type { Pool } from '../../lib/postgres/create-pool.ts'
import type { TransactionSummary } from '../../proto/gen/com/reactivearchitecturecookbook/summary-v1m1_pb.ts'
import { maxTransactionImages } from './find-surplus-images.ts'
import { listTransactions, type ListedTransaction } from './list-transactions.ts'
import { readSummary } from './read-summary.ts'
import { openColumn, type StoredColumn } from './sealed-columns.ts'
import { translateJournalError } from './translate-journal-error.ts'

/** A terminal message that an image still lacks. */
export interface MissingMessage {
  readonly imageId: string
  readonly service: string
  readonly version: string
}

/** A transaction with what its newest revision says, and what is missing now. */
export interface FoundTransaction extends ListedTransaction {
  readonly missing: readonly MissingMessage[]
  /** Absent before the first revision. */
  readonly summary?: TransactionSummary
}

/** Four versions of services, for each image: as many as there can be. */
const maxMissing = maxTransactionImages * 4

/**
 * Finds a transaction. `expired`: the journal has removed it, only that it was there is known. `undefined`: it never was.
 * Throws as the journal, `ClientKeys` and `openContent` do, and `IpsError('revision-unreadable')`.
 */
export async function findTransaction(
  pool: Pool,
  keys: Pick<ClientKeys, 'existingKey'>,
  { clientId, correlationId }: TransactionKey,
): Promise<FoundTransaction | 'expired' | undefined> {
  const [listed] = await listTransactions(pool, {
    ...{ clientId, correlationIds: [correlationId], limit: 1 },
  })
  return translateJournalError(async () => {
    const key = [clientId, correlationId]
    const revisions = await pool.query<StoredColumn>(
      `SELECT sealed, value AS plain FROM summaries WHERE client_id = $1 AND correlation_id = $2
       ORDER BY revision DESC, version DESC LIMIT 1`,
      key,
    )
    const [revision] = revisions.rows
    if (listed === undefined) return revision === undefined ? undefined : 'expired'
    const missing = await pool.query<MissingMessage>(
      `SELECT image_id AS "imageId", split_part(e, '/', 1) AS service, split_part(e, '/', 2) AS version
       FROM images, unnest(expected) AS e
       WHERE client_id = $1 AND correlation_id = $2 AND e <> ALL (answered)
       ORDER BY image_id, e LIMIT $3`,
      [...key, maxMissing],
    )
    const isSealed = revision !== undefined && revision.sealed !== null
    const value = isSealed
      ? openColumn(await keys.existingKey(clientId), 'summaries.value', revision)
      : (revision?.plain ?? undefined)
    return {
      ...listed,
      missing: missing.rows,
      ...(value === undefined ? {} : { summary: readSummary(value) }),
    }
  })
}
