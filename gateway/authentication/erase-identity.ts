import { IpsError } from '../../lib/errors/ips-error.ts'
import { withTransaction, type Pool } from '../../lib/postgres/create-pool.ts'

/**
 * Takes everything from an identity but its name, which nobody gets again. Returns when that was done first. Idempotent. Throws
 * `IpsError('client-unknown')`.
 */
export function eraseIdentity(pool: Pool, clientId: string): Promise<Date> {
  return withTransaction(pool, async (client) => {
    const { rows } = await client.query<{ erasedAt: Date }>(
      `UPDATE clients SET erased_at = coalesce(erased_at, now()) WHERE client_id = $1
       RETURNING erased_at AS "erasedAt"`,
      [clientId],
    )
    const [row] = rows
    if (row === undefined) {
      throw new IpsError('client-unknown', `there is no client ${clientId}`)
    }
    await client.query('DELETE FROM secrets WHERE client_id = $1', [clientId])
    return row.erasedAt
  })
}
