import type { PoolClient } from '../../lib/postgres/create-pool.ts'
import type { FormerPerson } from '../../activities/summary/transaction-record.ts'
import { readSummary } from './read-summary.ts'

/** The people that clients were last told of: those of the newest revision. None where there was none. */
export async function readFormerPeople(
  client: PoolClient,
  [clientId, correlationId]: readonly string[],
): Promise<FormerPerson[]> {
  const { rows } = await client.query<{ value: Buffer }>(
    `SELECT value FROM summaries
     WHERE client_id = $1 AND correlation_id = $2 AND value IS NOT NULL
     ORDER BY revision DESC LIMIT 1`,
    [clientId, correlationId],
  )
  const [row] = rows
  const people = row === undefined ? [] : readSummary(row.value).people
  return people.map(({ personId, faces }) => ({
    personId,
    faces: faces.map(({ imageId, index }) => ({ imageId, index })),
  }))
}
