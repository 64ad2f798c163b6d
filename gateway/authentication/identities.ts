import { IpsError } from '../../lib/errors/ips-error.ts'
import { withTransaction, type Pool, type PoolClient } from '../../lib/postgres/create-pool.ts'
import { clientIdRule, isClientId } from '../../lib/token/client-id.ts'
import { queryStore } from '../query-store.ts'
import { appendOperatorEvent } from './audit-events.ts'
import { createClientSecret } from './client-secret.ts'
import { hashSecret } from './hash-secret.ts'
import { clientUnknown } from '../client-unknown.ts'

/**
 * Creates an identity and returns its first secret, of which only a hash is kept, with what `prepare` gave. That runs before
 * anything becomes visible: what it does elsewhere may be done again when a crash comes between, since the client exists only after it.
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
    await appendOperatorEvent(client, {
      ...{ clientId, event: 'identity.created', credential: secretId },
    })
    return result
  })
  return { secret, prepared }
}

/**
 * Gives a client a new secret and returns it; the ones before it end after `overlapSeconds`, or earlier where that was
 * decided before. Throws `IpsError('client-unknown')`, or `IpsError('secrets-too-many')` where ten would count at a time.
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
      throw clientUnknown(clientId)
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
    await refuseTooManySecrets(client, clientId)
    await appendOperatorEvent(client, {
      ...{ clientId, event: 'identity.secret-rotated', credential: secretId },
    })
  })
  return secret
}

/** What is known of a client and of one secret that it may have. */
export interface StoredSecret {
  readonly suspended: boolean
  /** `undefined` where the client has no such secret. */
  readonly hash: string | undefined
  readonly expired: boolean
}

/**
 * Finds a client and one of its secrets; `undefined` where there is no such client. Throws `IpsError('store-unavailable')`,
 * retryable.
 */
export async function findSecret(
  pool: Pool,
  { clientId, secretId, at }: { clientId: string; secretId: string; at: Date },
): Promise<StoredSecret | undefined> {
  const [row] = await queryStore<{ suspended: boolean; hash: string | null; expired: boolean }>(
    pool,
    `SELECT suspended_at IS NOT NULL AS suspended, hash, coalesce(expires_at <= $3, false) AS expired
     FROM clients LEFT JOIN secrets ON secrets.client_id = clients.client_id AND secret_id = $2
     WHERE clients.client_id = $1 AND erased_at IS NULL`,
    [clientId, secretId, at],
  )
  return row === undefined ? undefined : { ...row, hash: row.hash ?? undefined }
}

/** Rotation needs two; more are for fleets that take the new one over weeks. Each is one more that can leak. */
const maxSecretsPerClient = 10

async function refuseTooManySecrets(client: PoolClient, clientId: string): Promise<void> {
  const { rows } = await client.query('SELECT FROM secrets WHERE client_id = $1', [clientId])
  if (rows.length <= maxSecretsPerClient) return
  throw new IpsError(
    'secrets-too-many',
    `${clientId} has ${maxSecretsPerClient} secrets that count: rotate with a shorter --overlap`,
  )
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
