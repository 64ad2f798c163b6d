import type { Pool } from '../../lib/postgres/create-pool.ts'
import { deleteInSteps } from '../../lib/postgres/delete-in-steps.ts'
import { translateJournalError } from './translate-journal-error.ts'

const tables = ['messages', 'images', 'face_templates', 'summaries', 'transactions'] as const

/**
 * Removes every row of a client, a bounded number at a time. Returns how many there were. Idempotent; what a crash interrupts
 * is completed by the next call. Throws as the journal does.
 */
export function eraseClientRows(pool: Pool, clientId: string): Promise<number> {
  return translateJournalError(async () => {
    let removed = 0
    for (const table of tables) {
      removed += await deleteInSteps(
        pool,
        (limit) => `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM ${table} WHERE client_id = $1 LIMIT ${limit}
        ))`,
        [clientId],
      )
    }
    return removed
  })
}

/** Whether there is something that only a client's key can open: of a client, or of anybody. Throws as the journal does. */
export function holdsSealed(pool: Pool, clientId?: string): Promise<boolean> {
  return translateJournalError(async () => {
    const { rowCount } = await pool.query(
      `SELECT FROM transactions
       WHERE ($1::text IS NULL OR client_id = $1) AND sealed_token IS NOT NULL LIMIT 1`,
      [clientId],
    )
    return rowCount !== 0
  })
}
