import type { Pool, PoolClient, QueryConfig } from 'pg'

/** A statement with its values. */
export type Statement = QueryConfig<unknown[]>

const begin = { text: 'BEGIN' }
const commit = { text: 'COMMIT' }

/**
 * Runs statements one after the other in one transaction, and answers the rows that each returned when it is committed. All
 * are sent at once, which makes it one round trip: none can use what another returned. Rejects with the error of the first
 * that fails; then none of them has done anything.
 */
export async function transact(pool: Pool, statements: readonly Statement[]): Promise<unknown[][]> {
  return inTransaction(pool, async (client) => {
    const results = await sendTogether(client, [begin, ...statements, commit])
    return results.slice(1, -1)
  })
}

/**
 * Like `transact`, in two round trips: what the first statements have returned is given to `continueWith`, whose statements end
 * the transaction, and whose rows are the answer. Where it throws, nothing has been done. It answers at once: locks are held.
 */
export async function transactInTwo(
  pool: Pool,
  statements: readonly Statement[],
  continueWith: (results: unknown[][]) => readonly Statement[],
): Promise<unknown[][]> {
  return inTransaction(pool, async (client) => {
    const [, ...results] = await sendTogether(client, [begin, ...statements])
    const answers = await sendTogether(client, [...continueWith(results), commit])
    return answers.slice(0, -1)
  })
}

/** Takes a connection, and gives it back without a transaction, or not at all. */
async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  try {
    const result = await work(client)
    client.release()
    return result
  } catch (error) {
    // Does nothing where COMMIT has ended it. Where it is not answered, the connection is of no more use.
    await client.query('ROLLBACK').then(
      () => client.release(),
      () => client.release(true),
    )
    throw error
  }
}

/** Sends statements at once, and waits for all answers. Rejects with the error of the first that fails: it says why. */
async function sendTogether(
  client: PoolClient,
  statements: readonly Statement[],
): Promise<unknown[][]> {
  const answers = await Promise.allSettled(
    statements.map((statement) => client.query<Record<string, unknown>>(statement)),
  )
  return answers.map((answer) => {
    if (answer.status === 'rejected') throw answer.reason
    return answer.value.rows
  })
}
