import { limitConcurrency } from '../../lib/process/limit-concurrency.ts'
import type { Pool } from '../../lib/postgres/create-pool.ts'
import { createClientSecret, secretIdOf } from './client-secret.ts'
import { hashSecret, matchesHash } from './hash-secret.ts'
import { findSecretHash } from './identities.ts'

/** Half of libuv's threads: signatures, files and the resolver need the others. */
const maxConcurrentHashes = 2
/** About three seconds of waiting; whoever comes later is told to come back. */
const maxWaitingHashes = 100

/** What a client shows of itself. */
export interface ClientCredentials {
  readonly clientId: string
  readonly clientSecret: string
}

/** Says whether credentials are right; rejects with a retryable `IpsError` where that cannot be said now. */
export type CheckCredentials = (credentials: ClientCredentials, at: Date) => Promise<boolean>

/**
 * Creates the check. Every call costs exactly one query and one hash, so that an unknown client, an unknown or expired
 * secret and a wrong one take the same time.
 */
export async function createCredentialsCheck(pool: Pool): Promise<CheckCredentials> {
  const limited = limitConcurrency(maxConcurrentHashes, maxWaitingHashes)
  const nobodysHash = await hashSecret(createClientSecret().secret)
  return async ({ clientId, clientSecret }, at) => {
    const secretId = secretIdOf(clientSecret) ?? ''
    const stored = await findSecretHash(pool, { clientId, secretId, at })
    const matches = await limited(() => matchesHash(clientSecret, stored ?? nobodysHash))
    return matches && stored !== undefined
  }
}
