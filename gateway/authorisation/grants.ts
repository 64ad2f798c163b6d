import { IpsError } from '../../lib/errors/ips-error.ts'
import { withTransaction, type Pool, type PoolClient } from '../../lib/postgres/create-pool.ts'
import { maxRightsBytes } from '../../lib/token/create-token-issuer.ts'
import type { SecretBox } from '../../lib/token/create-secret-box.ts'
import { checkClaim } from '../../lib/token/read-claim.ts'
import { createWebhookKeyPair, createWebhookSecret } from '../../lib/token/webhook-secret.ts'
import { queryStore } from '../query-store.ts'
import { sealClaim, unsealClaim, type SealedClaim } from './seal-claim.ts'
import { clientUnknown } from '../client-unknown.ts'

/** Claims with their values. */
export type Rights = Readonly<Record<string, unknown>>

/** What a client's webhooks are verified with; shown once. */
export interface WebhookKeys {
  readonly webhookSecret: string
  readonly webhookPublicKey: string
}

/** A client as operators see it: claims without secrets. */
export interface ListedClient {
  readonly clientId: string
  readonly createdAt: Date
  readonly suspended: boolean
  readonly claims: Rights
}

/**
 * Creates a client's record with its rights and new webhook keys. A record that is there already is replaced: whoever
 * creates clients makes sure that nobody has received its keys. Throws `IpsError('claim-unknown')`,
 * `IpsError('claim-malformed')` or `IpsError('claims-too-large')` before anything is written.
 */
export async function createClientRecord(
  pool: Pool,
  box: SecretBox,
  client: { clientId: string; claims: Rights },
): Promise<WebhookKeys> {
  const { clientId, claims } = client
  checkRights(claims)
  const keys = createSealedKeys(box, clientId)
  await withTransaction(pool, async (connection) => {
    await connection.query('DELETE FROM clients WHERE client_id = $1', [clientId])
    await connection.query(
      `INSERT INTO clients (client_id, webhook_secret, webhook_secret_key, webhook_public_key)
       VALUES ($1, $2, $3, $4)`,
      [clientId, ...keys.sealed],
    )
    await insertGrants(connection, box, clientId, claims)
  })
  return keys.shown
}

/** New webhook keys: as they are shown once, and as the three columns hold them (secret, private key, public key). */
export function createSealedKeys(
  box: SecretBox,
  clientId: string,
): { shown: WebhookKeys; sealed: readonly [string, string, string] } {
  const webhookSecret = createWebhookSecret()
  const { secretKey, publicKey } = createWebhookKeyPair()
  return {
    shown: { webhookSecret, webhookPublicKey: publicKey },
    sealed: [box.seal(webhookSecret, clientId), box.seal(secretKey, clientId), publicKey],
  }
}

/**
 * Adds claims, or replaces their values. Throws `IpsError('client-unknown')`, and what `createClientRecord` throws, before
 * anything is written. Idempotent.
 */
export async function grantClaims(
  pool: Pool,
  box: SecretBox,
  { clientId, claims }: { clientId: string; claims: Rights },
): Promise<void> {
  await withTransaction(pool, async (connection) => {
    await lockClient(connection, clientId)
    const { rows } = await connection.query<SealedClaim & { claim: string }>(
      'SELECT claim, value, secret FROM grants WHERE client_id = $1',
      [clientId],
    )
    const granted = rows.map((row) => [row.claim, unsealClaim(row, clientId, box)])
    checkRights(claims, Object.fromEntries(granted) as Rights)
    await insertGrants(connection, box, clientId, claims)
  })
}

/**
 * Takes claims away: new tokens are without them at once. Throws `IpsError('client-unknown')`, or
 * `IpsError('claim-not-granted')` where one was never given; then nothing changes.
 */
export async function revokeClaims(
  pool: Pool,
  { clientId, claims }: { clientId: string; claims: readonly string[] },
): Promise<void> {
  await withTransaction(pool, async (connection) => {
    await lockClient(connection, clientId)
    for (const claim of claims) {
      const { rowCount } = await connection.query(
        'DELETE FROM grants WHERE client_id = $1 AND claim = $2',
        [clientId, claim],
      )
      if (rowCount === 1) continue
      throw new IpsError('claim-not-granted', `${clientId} has no claim ${claim}`)
    }
  })
}

/** Refuses a client new tokens, or gives them again. Throws `IpsError('client-unknown')`. Idempotent. */
export async function setSuspended(
  pool: Pool,
  { clientId, suspended }: { clientId: string; suspended: boolean },
): Promise<void> {
  const { rowCount } = await pool.query(
    `UPDATE clients SET suspended_at = CASE WHEN $2 THEN coalesce(suspended_at, now()) END
     WHERE client_id = $1`,
    [clientId, suspended],
  )
  if (rowCount === 0) throw clientUnknown(clientId)
}

/**
 * What a client is granted, without secrets; `undefined` where there is no client of this name. Throws
 * `IpsError('store-unavailable')`, retryable.
 */
export async function findClaims(pool: Pool, clientId: string): Promise<Rights | undefined> {
  const [client] = await queryStore<{ claims: Rights }>(
    pool,
    `SELECT ${grantedClaims} AS claims FROM clients WHERE client_id = $1`,
    [clientId],
  )
  return client?.claims
}

/** SQL: the claims of a row of `clients`, with their values. */
const grantedClaims = `(
  SELECT coalesce(jsonb_object_agg(claim, value), '{}') FROM grants WHERE grants.client_id = clients.client_id
)`

/** Every client by name, with its claims but without any secret. */
export async function listClients(pool: Pool): Promise<ListedClient[]> {
  const { rows } = await pool.query<ListedClient>(
    `SELECT client_id AS "clientId", created_at AS "createdAt",
            suspended_at IS NOT NULL AS suspended,
            ${grantedClaims} AS claims
     FROM clients ORDER BY client_id`,
  )
  return rows
}

function checkRights(claims: Rights, granted: Rights = {}): void {
  for (const [claim, value] of Object.entries(claims)) checkClaim(claim, value)
  const bytes = Buffer.byteLength(JSON.stringify({ ...granted, ...claims }))
  if (bytes <= maxRightsBytes) return
  throw new IpsError(
    'claims-too-large',
    `the claims have ${bytes} bytes of JSON; a token has room for ${maxRightsBytes}`,
  )
}

async function insertGrants(
  connection: PoolClient,
  box: SecretBox,
  clientId: string,
  claims: Rights,
): Promise<void> {
  for (const [claim, value] of Object.entries(claims)) {
    const sealed = sealClaim(value, clientId, box)
    await connection.query(
      `INSERT INTO grants (client_id, claim, value, secret) VALUES ($1, $2, $3, $4)
       ON CONFLICT (client_id, claim)
       DO UPDATE SET value = excluded.value, secret = excluded.secret, granted_at = now()`,
      [clientId, claim, JSON.stringify(sealed.value), sealed.secret],
    )
  }
}

/** Holds a client's record until the transaction ends. Throws `IpsError('client-unknown')`. */
export async function lockClient(connection: PoolClient, clientId: string): Promise<void> {
  const { rowCount } = await connection.query(
    'SELECT FROM clients WHERE client_id = $1 FOR UPDATE',
    [clientId],
  )
  if (rowCount === 0) throw clientUnknown(clientId)
}
