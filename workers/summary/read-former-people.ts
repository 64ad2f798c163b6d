import type { ClientKey } from '../../lib/client-keys/seal-content.ts'
import type { PoolClient } from '../../lib/postgres/create-pool.ts'
import type { FormerPerson } from '../../activities/summary/transaction-record.ts'
import { readSummary } from './read-summary.ts'
import { openColumn, type StoredColumn } from './sealed-columns.ts'

/** The people that clients were last told of: those of the newest revision. None where there was none. */
export async function readFormerPeople(
  client: PoolClient,
  [clientId, correlationId]: readonly string[],
  clientKey: ClientKey,
): Promise<FormerPerson[]> {
  const { rows } = await client.query<StoredColumn>(
    `SELECT sealed, value AS plain FROM summaries
     WHERE client_id = $1 AND correlation_id = $2 AND (sealed IS NOT NULL OR value IS NOT NULL)
     ORDER BY revision DESC, version DESC LIMIT 1`,
    [clientId, correlationId],
  )
  const [row] = rows
  const value = row && openColumn(clientKey, 'summaries.value', row)
  const people = value === undefined ? [] : readSummary(value).people
  return people.map(({ personId, faces }) => ({
    personId,
    faces: faces.map(({ imageId, index }) => ({ imageId, index })),
  }))
}
