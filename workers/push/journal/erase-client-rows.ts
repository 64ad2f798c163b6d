import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { deleteInSteps } from '../../../lib/postgres/delete-in-steps.ts'
import { onJournal } from '../../../lib/journal/on-journal.ts'

/**
 * Tables, each with its key beside the endpoint, in the order in which they are cleared. Endpoints are last, since they say of
 * whom there may be more, but for attempts that were logged while they went.
 */
const tables = [
  ['deliveries', 'position'],
  ['outcomes', 'position'],
  ['attempts', '(position, place)'],
  ['expired', 'noted'],
  ['batches', 'first'],
  ['cursors', 'endpoint_id'],
  ['endpoints', 'endpoint_id'],
  ['attempts', '(position, place)'],
] as const

/**
 * Removes every row of a client, a bounded number at a time. Returns how many there were. Idempotent; what a crash interrupts
 * is completed by the next call. Throws `IpsError('journal-unavailable')`, retryable.
 */
export function eraseClientRows(pool: Pool, clientId: string): Promise<number> {
  return onJournal('erasing a client', async () => {
    const { rows } = await pool.query<{ endpoint_id: string }>(
      'SELECT endpoint_id FROM endpoints WHERE client_id = $1',
      [clientId],
    )
    let removed = 0
    for (const { endpoint_id: endpointId } of rows) removed += await eraseEndpoint(pool, endpointId)
    return removed
  })
}

/** Whether there is something that only a client's key can open: of a client, or of anybody. Throws as `eraseClientRows` does. */
export function holdsSealed(pool: Pool, clientId?: string): Promise<boolean> {
  return onJournal('looking for what is sealed', async () => {
    const { rowCount } = await pool.query(
      `SELECT FROM endpoints
       WHERE ($1::text IS NULL OR client_id = $1) AND client_sealed IS NOT NULL LIMIT 1`,
      [clientId],
    )
    return rowCount !== 0
  })
}

async function eraseEndpoint(pool: Pool, endpointId: string): Promise<number> {
  let removed = 0
  for (const [table, key] of tables) {
    const columns = key.replace(/[()]/g, '')
    removed += await deleteInSteps(
      pool,
      (limit) => `DELETE FROM ${table} WHERE endpoint_id = $1 AND ${key} IN (
        SELECT ${columns} FROM ${table} WHERE endpoint_id = $1 LIMIT ${limit}
      )`,
      [endpointId],
    )
  }
  return removed
}
