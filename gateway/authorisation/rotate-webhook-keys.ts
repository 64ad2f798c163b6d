import { IpsError } from '../../lib/errors/ips-error.ts'
import { withTransaction, type Pool, type PoolClient } from '../../lib/postgres/create-pool.ts'
import type { SecretBox } from '../../lib/token/create-secret-box.ts'
import { pushClaim } from '../../lib/token/push-claim.ts'
import { createSealedKeys, lockClient, type WebhookKeys } from './grants.ts'

/**
 * Gives a client a new secret and a new pair of keys for its webhooks and returns them: tokens carry them from then on. The
 * public keys before them are served for `overlapSeconds` more, or for less where that was decided before. Throws
 * `IpsError('client-unknown')`, or `IpsError('webhook-secret-given')` where the push claim brings a secret of its own:
 * nothing is signed with the client's keys then.
 */
export async function rotateWebhookKeys(
  pool: Pool,
  box: SecretBox,
  { clientId, overlapSeconds }: { clientId: string; overlapSeconds: number },
): Promise<WebhookKeys> {
  const keys = createSealedKeys(box, clientId)
  await withTransaction(pool, async (connection) => {
    await lockClient(connection, clientId)
    await refuseGivenSecret(connection, clientId)
    await connection.query(
      `UPDATE former_webhook_keys
       SET expires_at = least(expires_at, now() + $2 * interval '1 second') WHERE client_id = $1`,
      [clientId, overlapSeconds],
    )
    await connection.query(
      `INSERT INTO former_webhook_keys (client_id, public_key, expires_at)
       SELECT client_id, webhook_public_key, now() + $2 * interval '1 second'
       FROM clients WHERE client_id = $1`,
      [clientId, overlapSeconds],
    )
    await connection.query(
      'DELETE FROM former_webhook_keys WHERE client_id = $1 AND expires_at <= now()',
      [clientId],
    )
    await connection.query(
      `UPDATE clients SET webhook_secret = $2, webhook_secret_key = $3, webhook_public_key = $4
       WHERE client_id = $1`,
      [clientId, ...keys.sealed],
    )
  })
  return keys.shown
}

async function refuseGivenSecret(connection: PoolClient, clientId: string): Promise<void> {
  const { rowCount } = await connection.query(
    'SELECT FROM grants WHERE client_id = $1 AND claim = $2 AND secret IS NOT NULL',
    [clientId, pushClaim],
  )
  if (rowCount === 0) return
  throw new IpsError(
    'webhook-secret-given',
    `the claim ${pushClaim} of ${clientId} brings a secret of its own: give it another one with racc client grant`,
  )
}
