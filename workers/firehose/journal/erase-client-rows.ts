import { onJournal } from '../../../lib/journal/on-journal.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { deleteInSteps } from '../../../lib/postgres/delete-in-steps.ts'

/** With their keys beside the client. */
const tables = {
  blocks: 'last_offset, slot',
  message_ids: 'message_id, slot',
  streams: 'client_id',
} as const

/**
 * Removes every row of a client, a bounded number at a time. Returns how many there were. Idempotent; what a crash interrupts
 * is completed by the next call. Throws `IpsError('journal-unavailable')`, retryable.
 */
export function eraseClientRows(pool: Pool, clientId: string): Promise<number> {
  return onJournal('erasing a client', async () => {
    let removed = 0
    for (const [table, key] of Object.entries(tables)) {
      removed += await deleteInSteps(
        pool,
        (limit) => `DELETE FROM ${table} WHERE client_id = $1 AND (${key}) IN (
          SELECT ${key} FROM ${table} WHERE client_id = $1 LIMIT ${limit}
        )`,
        [clientId],
      )
    }
    return removed
  })
}

/** Whether there is something that only a client's key can open: of a client, or of anybody. Throws as `eraseClientRows` does. */
export function holdsSealed(pool: Pool, clientId?: string): Promise<boolean> {
  return onJournal('looking for what is sealed', async () => {
    const { rowCount } = await pool.query(
      clientId === undefined
        ? 'SELECT FROM blocks LIMIT 1'
        : { text: 'SELECT FROM blocks WHERE client_id = $1 LIMIT 1', values: [clientId] },
    )
    return rowCount !== 0
  })
}
