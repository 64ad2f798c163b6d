import type { Pool } from '../../lib/postgres/create-pool.ts'
import { queryStore } from '../query-store.ts'

/** Each use of an assertion clears away so many that have expired: more than it adds. */
const clearedPerUse = 10

/**
 * Notes that an assertion is used; false where it was used before. Of several at once, in several processes, one is the
 * first. Throws `IpsError('store-unavailable')`, retryable.
 */
export async function useAssertion(
  pool: Pool,
  { clientId, jti, expiresAt }: { clientId: string; jti: string; expiresAt: Date },
): Promise<boolean> {
  const rows = await queryStore(
    pool,
    `WITH cleared AS (
       DELETE FROM used_assertions WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM used_assertions WHERE expires_at < now()
         ORDER BY expires_at LIMIT ${clearedPerUse} FOR UPDATE SKIP LOCKED
       ))
     )
     INSERT INTO used_assertions (client_id, jti, expires_at) VALUES ($1, $2, $3)
     ON CONFLICT DO NOTHING RETURNING jti`,
    [clientId, jti, expiresAt],
  )
  return rows.length === 1
}
