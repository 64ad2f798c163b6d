import type { Pool } from '../../lib/postgres/create-pool.ts'
import { limitConcurrency } from '../../lib/process/limit-concurrency.ts'
import type { Counter } from '../../lib/telemetry/create-metrics.ts'
import type { StoreGuard } from '../create-store-guard.ts'
import { createClientSecret, secretIdOf, type ClientCredentials } from './client-secret.ts'
import type { CredentialsDecision } from './decision.ts'
import { hashSecret, matchesHash } from './hash-secret.ts'
import { findSecret, type StoredSecret } from './identities.ts'
import { createSecretMemory } from './secret-memory.ts'

/** Half of libuv's threads: signatures, files and the resolver need the others. */
const maxConcurrentHashes = 2
/** About three seconds of waiting; whoever comes later is told to come back. */
const maxWaitingHashes = 100

/** Checks the credentials of clients. */
export interface CredentialsCheck {
  /**
   * True where this very secret was right when it came last, in this process: whoever shows it is the client, unless it has
   * changed since. Asks nobody and costs no hash.
   */
  isKnown(credentials: ClientCredentials): boolean
  /**
   * Says whether credentials are right. Calls `beforeHash` when a hash is due, after the wait for its turn: what it throws
   * ends the check. Rejects with a retryable `IpsError` where nothing can be said now.
   */
  check(
    credentials: ClientCredentials,
    request: { readonly at: Date; readonly beforeHash: () => Promise<void> },
  ): Promise<CredentialsDecision>
}

/**
 * Creates the check. What was not right before costs exactly one query and one hash, so that an unknown client, an unknown or
 * expired secret and a wrong one take the same time.
 */
export async function createCredentialsCheck({
  pool,
  guard,
  hashes,
}: {
  readonly pool: Pool
  readonly guard: StoreGuard
  readonly hashes: Counter
}): Promise<CredentialsCheck> {
  const limited = limitConcurrency(maxConcurrentHashes, maxWaitingHashes)
  const nobodysHash = await hashSecret(createClientSecret().secret)
  const memory = createSecretMemory()
  return {
    isKnown: (credentials) => memory.hashMatchedBy(credentials) !== undefined,
    async check(credentials, { at, beforeHash }) {
      const { clientId, clientSecret } = credentials
      const secretId = secretIdOf(clientSecret) ?? ''
      const stored = await guard.run(() => findSecret(pool, { clientId, secretId, at }))
      const hash = stored?.hash ?? nobodysHash
      const isMatch =
        memory.hashMatchedBy(credentials) === hash ||
        (await limited(async () => {
          await beforeHash()
          hashes.inc()
          return matchesHash(clientSecret, hash)
        }))
      const decision = decide(stored, isMatch, { clientId, secretId })
      if (decision.granted) memory.remember(credentials, hash)
      else memory.forget(credentials)
      return decision
    },
  }
}

function decide(
  stored: StoredSecret | undefined,
  isMatch: boolean,
  { clientId, secretId }: { clientId: string; secretId: string },
): CredentialsDecision {
  if (stored === undefined) return { granted: false, reason: 'client-unknown' }
  if (stored.hash === undefined) return { granted: false, reason: 'secret-unknown' }
  const credential = secretId
  if (!isMatch) return { granted: false, reason: 'secret-wrong', credential }
  if (stored.expired) return { granted: false, reason: 'secret-expired', credential }
  if (stored.suspended) return { granted: false, reason: 'client-suspended', credential }
  return { granted: true, clientId, credential }
}
