import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { createBoundedCache } from '../../lib/token/bounded-cache.ts'
import { secretIdOf, type ClientCredentials } from './client-secret.ts'

/** One for each secret in use; about 400 bytes each. */
const maxSecrets = 10_000

/** Remembers which secrets were right, so that a client's next token costs no memory-hard hash. */
export interface SecretMemory {
  /** The stored hash that this very secret matched; `undefined` where none is known. */
  hashMatchedBy(credentials: ClientCredentials): string | undefined
  /** Notes that a secret matches a stored hash. */
  remember(credentials: ClientCredentials, hash: string): void
  /** Forgets a secret that is not right any more; does nothing for one that only has the same id. */
  forget(credentials: ClientCredentials): void
}

/**
 * Creates a memory, which ends with the process. It holds no secret, but what a key of the process makes of it; a fast
 * function is enough for that, since secrets are 256 random bits.
 */
export function createSecretMemory(): SecretMemory {
  const key = randomBytes(32)
  const entries = createBoundedCache<{ readonly digest: Buffer; readonly hash: string }>(maxSecrets)
  const digestOf = ({ clientSecret }: ClientCredentials) =>
    createHmac('sha256', key).update(clientSecret).digest()
  const nameOf = ({ clientId, clientSecret }: ClientCredentials) =>
    `${clientId} ${secretIdOf(clientSecret) ?? ''}`
  const hashMatchedBy = (credentials: ClientCredentials) => {
    const entry = entries.get(nameOf(credentials))
    if (entry === undefined) return undefined
    return timingSafeEqual(entry.digest, digestOf(credentials)) ? entry.hash : undefined
  }
  return {
    hashMatchedBy,
    forget(credentials) {
      if (hashMatchedBy(credentials) !== undefined) entries.delete(nameOf(credentials))
    },
    remember(credentials, hash) {
      entries.set(nameOf(credentials), { digest: digestOf(credentials), hash })
    },
  }
}
