import type { Pool } from '../../lib/postgres/create-pool.ts'

/** Removes a client with its grants and the keys of its webhooks: it gets no new token. Idempotent. */
export async function eraseGrants(pool: Pool, clientId: string): Promise<void> {
  await pool.query('DELETE FROM clients WHERE client_id = $1', [clientId])
}
