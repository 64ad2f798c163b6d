import { IpsError } from '../../lib/errors/ips-error.ts'
import { withTransaction, type Pool, type PoolClient } from '../../lib/postgres/create-pool.ts'
import { clientIdRule, isClientId } from '../../lib/token/client-id.ts'
import { queryStore } from '../query-store.ts'
import { createClientSecret } from './client-secret.ts'
import { hashSecret } from './hash-secret.ts'

/**
 * Creates an identity and returns its first secret, of which only a hash is kept, with what `prepare` gave. That runs before anything becomes
 * visible: what it does elsewhere may be done again when a crash comes between, since the client exists only after it.
 * Concurrent creations of one name come one after the other. Throws
 * `IpsError('client-name-invalid')`, `IpsError('client-exists')` or `IpsError('client-erased')` before `prepare`.
 */
export async function createIdentity<Prepared>(
  pool: Pool,
  clientId: string,
  prepare: () => Promise<Prepared>,
): Promise<{ secret: string; prepared: Prepared }> {
  if (!isClientId(clientId)) throw new IpsError('client-name-invalid', `a name has ${clientIdRule}`)
  const { secretId, secret } = createClientSecret()
  const hash = await hashSecret(secret)
  const prepared = await withTransaction(pool, async (client) => {
    await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [clientId])
    const { rows } = await client.query<{ isErased: boolean }>(
      'SELECT erased_at IS NOT NULL AS "isErased" FROM clients WHERE client_id = $1',
      [clientId],
    )
    const [known] = rows
    if (known !== undefined) throw nameTaken(clientId, known)
    const result = await prepare()
    await client.query('INSERT INTO clients (client_id) VALUES ($1)', [clientId])
    await insertSecret(client, { clientId, secretId, hash })
    return result
  })
  return { secret, prepared }
}

/**
 * Gives a client a new secret and returns it; the ones before it end after `overlapSeconds`, or earlier where that was
 * decided before. Throws `IpsError('client-unknown')`.
 */
export async function rotateSecret(
  pool: Pool,
  clientId: string,
  overlapSeconds: number,
): Promise<string> {
  const { secretId, secret } = createClientSecret()
  const hash = await hashSecret(secret)
  await withTransaction(pool, async (client) => {
    const found = await client.query(
      'SELECT FROM clients WHERE client_id = $1 AND erased_at IS NULL FOR UPDATE',
      [clientId],
    )
    if (found.rowCount === 0) {
      throw new IpsError('client-unknown', `there is no client ${clientId}`)
    }
    await client.query(
      `UPDATE secrets SET expires_at = least(expires_at, now() + $2 * interval '1 second')
       WHERE client_id = $1`,
      [clientId, overlapSeconds],
    )
    await client.query('DELETE FROM secrets WHERE client_id = $1 AND expires_at <= now()', [
      clientId,
    ])
    await insertSecret(client, { clientId, secretId, hash })
  })
  return secret
}

/** The hash of one secret of a client, where it counts at that time. Throws `IpsError('store-unavailable')`, retryable. */
export async function findSecretHash(
  pool: Pool,
  secret: { clientId: string; secretId: string; at: Date },
): Promise<string | undefined> {
  const [row] = await queryStore<{ hash: string }>(
    pool,
    `SELECT hash FROM secrets
     WHERE secret_id = $1 AND client_id = $2 AND (expires_at IS NULL OR expires_at > $3)`,
    [secret.secretId, secret.clientId, secret.at],
  )
  return row?.hash
}

function nameTaken(clientId: string, { isErased }: { isErased: boolean }): IpsError {
  return isErased
    ? new IpsError('client-erased', `${clientId} was erased: its name is not given again`)
    : new IpsError('client-exists', `there is a client ${clientId} already`)
}

function insertSecret(
  client: PoolClient,
  secret: { clientId: string; secretId: string; hash: string },
) {
  return client.query('INSERT INTO secrets (secret_id, client_id, hash) VALUES ($1, $2, $3)', [
    secret.secretId,
    secret.clientId,
    secret.hash,
  ])
}
