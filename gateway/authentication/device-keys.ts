import { IpsError } from '../../lib/errors/ips-error.ts'
import { withTransaction, type Pool } from '../../lib/postgres/create-pool.ts'
import { deviceKey, type DeviceKey } from '../../lib/token/read-device-key.ts'
import { queryStore } from '../query-store.ts'
import { appendOperatorEvent } from './audit-events.ts'
import { clientUnknown } from '../client-unknown.ts'

/** A key of a client. */
export interface DeviceName {
  readonly clientId: string
  readonly kid: string
}

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
    if (found.rowCount === 0) throw clientUnknown(clientId)
    const { rowCount: added } = await client.query(
      'INSERT INTO device_keys (client_id, kid, jwk) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      [clientId, kid, JSON.stringify(jwk)],
    )
    if (added === 0) return
    await appendOperatorEvent(client, {
      ...{ clientId, event: 'identity.key-added', credential: kid },
    })
    const { rows } = await client.query('SELECT kid FROM device_keys WHERE client_id = $1', [
      clientId,
    ])
    if (rows.length > maxKeysPerClient)
      throw new IpsError('keys-too-many', `${clientId} has ${maxKeysPerClient} keys: remove one`)
  })
}

/** Takes a key away: from then on it signs for nobody. Throws `IpsError('key-unknown')`. */
export async function removeDeviceKey(pool: Pool, { clientId, kid }: DeviceName): Promise<void> {
  await withTransaction(pool, async (client) => {
    const { rowCount } = await client.query(
      'DELETE FROM device_keys WHERE client_id = $1 AND kid = $2',
      [clientId, kid],
    )
    if (rowCount === 0) throw new IpsError('key-unknown', `${clientId} has no key ${kid}`)
    await appendOperatorEvent(client, {
      ...{ clientId, event: 'identity.key-removed', credential: kid },
    })
  })
}

/** What is known of a client and of one key that it may have. */
export interface StoredDevice {
  readonly suspended: boolean
  /** `undefined` where the client has no such key. */
  readonly key: DeviceKey | undefined
}

/**
 * Finds a client and one of its keys; `undefined` where there is no such client. Throws `IpsError('store-unavailable')`,
 * retryable.
 */
export async function findDevice(
  pool: Pool,
  { clientId, kid }: DeviceName,
): Promise<StoredDevice | undefined> {
  const [row] = await queryStore<{ suspended: boolean; jwk: unknown }>(
    pool,
    `SELECT suspended_at IS NOT NULL AS suspended, jwk
     FROM clients LEFT JOIN device_keys ON device_keys.client_id = clients.client_id AND kid = $2
     WHERE clients.client_id = $1 AND erased_at IS NULL`,
    [clientId, kid],
  )
  if (row === undefined) return undefined
  const key = row.jwk === null ? undefined : deviceKey.parse(row.jwk)
  return { suspended: row.suspended, key }
}

/** The names of devices that count now, of some. Throws `IpsError('store-unavailable')`, retryable. */
export async function findActiveDevices(
  pool: Pool,
  devices: readonly DeviceName[],
): Promise<DeviceName[]> {
  return queryStore<DeviceName>(
    pool,
    `SELECT client_id AS "clientId", kid
     FROM unnest($1::text[], $2::text[]) AS known (client_id, kid)
     JOIN device_keys USING (client_id, kid) JOIN clients USING (client_id)
     WHERE suspended_at IS NULL AND erased_at IS NULL`,
    [devices.map(({ clientId }) => clientId), devices.map(({ kid }) => kid)],
  )
}
