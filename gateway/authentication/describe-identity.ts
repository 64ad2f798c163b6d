import { withTransaction, type Pool } from '../../lib/postgres/create-pool.ts'
import { algorithmOf, deviceKey } from '../../lib/token/read-device-key.ts'
import { appendOperatorEvent } from './audit-events.ts'
import { clientUnknown } from '../client-unknown.ts'

/** What an identity may be: an erased one is none any more, but its name is not given again. */
export type IdentityState = 'active' | 'suspended' | 'erased'

/** An identity as operators see it: nothing that proves who somebody is. */
export interface DescribedIdentity {
  readonly clientId: string
  readonly state: IdentityState
  readonly createdAt: Date
  /** The ones that count, the newest first; `expiresAt` where another one has taken its place. */
  readonly secrets: readonly {
    readonly secretId: string
    readonly createdAt: Date
    readonly expiresAt: Date | null
  }[]
  readonly keys: readonly {
    readonly kid: string
    readonly alg: string
    readonly createdAt: Date
  }[]
}

/**
 * Refuses a client new tokens, or gives them again; ends nothing that is out there. Idempotent. Throws
 * `IpsError('client-unknown')`.
 */
export async function setIdentitySuspended(
  pool: Pool,
  { clientId, suspended }: { clientId: string; suspended: boolean },
): Promise<void> {
  await withTransaction(pool, async (client) => {
    const { rows } = await client.query<{ was: boolean }>(
      `SELECT suspended_at IS NOT NULL AS was FROM clients
       WHERE client_id = $1 AND erased_at IS NULL FOR UPDATE`,
      [clientId],
    )
    const [row] = rows
    if (row === undefined) throw clientUnknown(clientId)
    if (row.was === suspended) return
    await client.query(
      'UPDATE clients SET suspended_at = CASE WHEN $2 THEN now() END WHERE client_id = $1',
      [clientId, suspended],
    )
    const event = suspended ? 'identity.suspended' : 'identity.resumed'
    await appendOperatorEvent(client, { clientId, event })
  })
}

/** Describes an identity. Throws `IpsError('client-unknown')`. */
export async function describeIdentity(pool: Pool, clientId: string): Promise<DescribedIdentity> {
  const { rows } = await pool.query<{ state: IdentityState; createdAt: Date }>(
    `SELECT created_at AS "createdAt",
            CASE WHEN erased_at IS NOT NULL THEN 'erased'
                 WHEN suspended_at IS NOT NULL THEN 'suspended' ELSE 'active' END AS state
     FROM clients WHERE client_id = $1`,
    [clientId],
  )
  const [identity] = rows
  if (identity === undefined) throw clientUnknown(clientId)
  const secrets = await pool.query<DescribedIdentity['secrets'][number]>(
    `SELECT secret_id AS "secretId", created_at AS "createdAt", expires_at AS "expiresAt"
     FROM secrets WHERE client_id = $1 AND (expires_at IS NULL OR expires_at > now())
     ORDER BY created_at DESC, secret_id`,
    [clientId],
  )
  const keys = await pool.query<{ kid: string; jwk: unknown; createdAt: Date }>(
    `SELECT kid, jwk, created_at AS "createdAt" FROM device_keys WHERE client_id = $1
     ORDER BY created_at DESC, kid`,
    [clientId],
  )
  return {
    clientId,
    ...identity,
    secrets: secrets.rows,
    keys: keys.rows.map(({ jwk, ...key }) => ({ ...key, alg: algorithmOf(deviceKey.parse(jwk)) })),
  }
}
