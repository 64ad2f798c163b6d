import type { Pool } from '../lib/postgres/create-pool.ts'
import { IpsError } from '../lib/errors/ips-error.ts'

/** A database that takes longer is as good as away; a statement here is one look-up by key. */
const limits = { query_timeout: 5_000 }

/**
 * Runs one statement. Throws `IpsError('store-unavailable')`, retryable, for whatever goes wrong: requests are answered
 * with "try again", and the cause is in the log.
 */
export async function queryStore<Row extends object>(
  pool: Pool,
  text: string,
  values: readonly unknown[],
): Promise<Row[]> {
  try {
    const { rows } = await pool.query<Row>({ text, values: [...values], ...limits })
    return rows
  } catch (cause) {
    throw new IpsError('store-unavailable', 'the database cannot answer', {
      retryable: true,
      cause,
    })
  }
}
