import type { Pool, QueryConfig } from 'pg'

/** A statement with its values. */
export type Statement = QueryConfig<unknown[]>

/**
 * Runs statements one after the other in one transaction, and answers the rows that each returned when it is committed. All
 * are sent at once, which makes it one round trip: none can use what another returned. Rejects with the error of the first
 * that fails; then none of them has done anything.
 */
export async function transact(pool: Pool, statements: readonly Statement[]): Promise<unknown[][]> {
  const client = await pool.connect()
  const all = [{ text: 'BEGIN' }, ...statements, { text: 'COMMIT' }]
  const answers = await Promise.allSettled(
    all.map((statement) => client.query<Record<string, unknown>>(statement)),
  )
  const results: unknown[][] = []
  for (const answer of answers) {
    if (answer.status === 'rejected') {
      // What failed first says why. Where the end was not answered, the connection is of no more use.
      client.release(answers.at(-1)?.status === 'rejected')
      throw answer.reason
    }
    results.push(answer.value.rows)
  }
  client.release()
  return results.slice(1, -1)
}
