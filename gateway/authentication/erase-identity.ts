import { withTransaction, type Pool } from '../../lib/postgres/create-pool.ts'
import { appendOperatorEvent } from './audit-events.ts'
import { clientUnknown } from '../client-unknown.ts'

/**
 * Takes everything from an identity but its name, which nobody gets again: whatever refers to it goes with its row. Returns
 * when that was done first. Idempotent. Throws `IpsError('client-unknown')`.
 */
export function eraseIdentity(pool: Pool, clientId: string): Promise<Date> {
  return withTransaction(pool, async (client) => {
    const { rows } = await client.query<{ createdAt: Date; erasedAt: Date | null }>(
      `DELETE FROM clients WHERE client_id = $1
       RETURNING created_at AS "createdAt", erased_at AS "erasedAt"`,
      [clientId],
    )
    const [row] = rows
    if (row === undefined) {
      throw clientUnknown(clientId)
    }
    const erasedAt = row.erasedAt ?? new Date()
    await client.query(
      'INSERT INTO clients (client_id, created_at, erased_at) VALUES ($1, $2, $3)',
      [clientId, row.createdAt, erasedAt],
    )
    await appendOperatorEvent(client, { clientId, event: 'identity.erased' })
    return erasedAt
  })
}
