import { IpsError } from '../../lib/errors/ips-error.ts'
import { withTransaction, type Pool } from '../../lib/postgres/create-pool.ts'
import { deviceKey, type DeviceKey } from '../../lib/token/read-device-key.ts'
import { queryStore } from '../query-store.ts'

/** A fleet of devices is a client each; one client has a few, and former ones while they are replaced. */
const maxKeysPerClient = 20

/**
 * Registers a public key of a client. Idempotent. Throws `IpsError('client-unknown')`, or `IpsError('keys-too-many')` where
 * it has 20.
 */
export async function addDeviceKey(
  pool: Pool,
  { clientId, kid, jwk }: { clientId: string; kid: string; jwk: DeviceKey },
): Promise<void> {
  await withTransaction(pool, async (client) => {
    const found = await client.query(
      'SELECT FROM clients WHERE client_id = $1 AND erased_at IS NULL FOR UPDATE',
      [clientId],
    )
    if (found.rowCount === 0) throw new IpsError('client-unknown', `there is no client ${clientId}`)
    await client.query(
      'INSERT INTO device_keys (client_id, kid, jwk) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      [clientId, kid, JSON.stringify(jwk)],
    )
    const { rows } = await client.query('SELECT kid FROM device_keys WHERE client_id = $1', [
      clientId,
    ])
    if (rows.length > maxKeysPerClient)
      throw new IpsError('keys-too-many', `${clientId} has ${maxKeysPerClient} keys: remove one`)
  })
}

/** Takes a key away: from then on it signs for nobody. Throws `IpsError('key-unknown')`. */
export async function removeDeviceKey(
  pool: Pool,
  { clientId, kid }: { clientId: string; kid: string },
): Promise<void> {
  const { rowCount } = await pool.query(
    'DELETE FROM device_keys WHERE client_id = $1 AND kid = $2',
    [clientId, kid],
  )
  if (rowCount === 0) throw new IpsError('key-unknown', `${clientId} has no key ${kid}`)
}

/** A registered key. Throws `IpsError('store-unavailable')`, retryable. */
export async function findDeviceKey(
  pool: Pool,
  clientId: string,
  kid: string,
): Promise<DeviceKey | undefined> {
  const [row] = await queryStore<{ jwk: unknown }>(
    pool,
    'SELECT jwk FROM device_keys WHERE client_id = $1 AND kid = $2',
    [clientId, kid],
  )
  return row === undefined ? undefined : deviceKey.parse(row.jwk)
}

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
