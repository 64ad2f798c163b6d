import { IpsError } from '../../lib/errors/ips-error.ts'
import type { Pool } from '../../lib/postgres/create-pool.ts'
import type { SecretBox } from '../../lib/token/create-secret-box.ts'
import { queryStore } from '../query-store.ts'
import type { Rights } from './grants.ts'
import { unsealClaim, type SealedClaim } from './seal-claim.ts'

/** What is granted to a client. */
export interface ClientGrants {
  readonly suspended: boolean
  readonly claims: Rights
  /** The client's own keys for its webhooks. */
  readonly webhookSecret: string
  readonly webhookSecretKey: string
}

interface GrantsRow {
  readonly client_id: string
  readonly suspended: boolean
  readonly webhook_secret: string
  readonly webhook_secret_key: string
  readonly claims: Readonly<Record<string, SealedClaim>>
}

/**
 * Reads what is granted to a client, in one statement; `undefined` where there is no such client. Throws
 * `IpsError('store-unavailable')`, retryable, or `IpsError('secret-unreadable')`.
 */
export async function readGrants(
  pool: Pool,
  box: SecretBox,
  clientId: string,
): Promise<ClientGrants | undefined> {
  const [row] = await readRows(pool, [clientId])
  return row && openRow(row, box)
}

/**
 * Reads what is granted to several clients, in one statement: an entry for each, `undefined` where there is no such client,
 * and no entry where its secrets cannot be read. Throws `IpsError('store-unavailable')`, retryable.
 */
export async function readGrantsOfMany(
  pool: Pool,
  box: SecretBox,
  clientIds: readonly string[],
): Promise<Map<string, ClientGrants | undefined>> {
  const rows = await readRows(pool, clientIds)
  const found = new Map<string, ClientGrants | undefined>(clientIds.map((id) => [id, undefined]))
  for (const row of rows) {
    try {
      found.set(row.client_id, openRow(row, box))
    } catch (error) {
      if (!(error instanceof IpsError)) throw error
      found.delete(row.client_id)
    }
  }
  return found
}

function readRows(pool: Pool, clientIds: readonly string[]): Promise<GrantsRow[]> {
  return queryStore<GrantsRow>(
    pool,
    `SELECT client_id, suspended_at IS NOT NULL AS suspended, webhook_secret, webhook_secret_key,
            (SELECT coalesce(jsonb_object_agg(claim, jsonb_build_object('value', value, 'secret', secret)), '{}')
             FROM grants WHERE grants.client_id = clients.client_id) AS claims
     FROM clients WHERE client_id = ANY($1)`,
    [clientIds],
  )
}

function openRow(row: GrantsRow, box: SecretBox): ClientGrants {
  const claims = Object.entries(row.claims).map(([claim, sealed]) => [
    claim,
    unsealClaim(sealed, row.client_id, box),
  ])
  return {
    suspended: row.suspended,
    claims: Object.fromEntries(claims) as Rights,
    webhookSecret: box.open(row.webhook_secret, row.client_id),
    webhookSecretKey: box.open(row.webhook_secret_key, row.client_id),
  }
}

/**
 * The public keys with which a client's `v1a` webhook signatures are verified: the present one, then former ones that still
 * count, the newest first; none where there is no such client. Throws `IpsError('store-unavailable')`, retryable.
 */
export async function readWebhookPublicKeys(pool: Pool, clientId: string): Promise<string[]> {
  const rows = await queryStore<{ key: string }>(
    pool,
    `SELECT key FROM (
       SELECT webhook_public_key AS key, 'infinity'::timestamptz AS rotated_at
       FROM clients WHERE client_id = $1
       UNION ALL
       SELECT public_key, rotated_at FROM former_webhook_keys
       WHERE client_id = $1 AND expires_at > now()
     ) AS keys ORDER BY rotated_at DESC`,
    [clientId],
  )
  return rows.map(({ key }) => key)
}
