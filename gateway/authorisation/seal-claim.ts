import type { SecretBox } from '../../lib/token/create-secret-box.ts'

/** A claim as it is stored: its secret apart, and encrypted. */
export interface SealedClaim {
  readonly value: unknown
  readonly secret: string | null
}

/** Takes a secret out of a claim's value and encrypts it for that client. */
export function sealClaim(value: unknown, clientId: string, box: SecretBox): SealedClaim {
  if (typeof value !== 'object' || value === null || !('secret' in value)) {
    return { value, secret: null }
  }
  const { secret, ...rest } = value
  return { value: rest, secret: box.seal(String(secret), clientId) }
}

/** Puts a claim's value together again. Throws `IpsError('secret-unreadable')`. */
export function unsealClaim(sealed: SealedClaim, clientId: string, box: SecretBox): unknown {
  if (sealed.secret === null) return sealed.value
  return { ...Object(sealed.value), secret: box.open(sealed.secret, clientId) }
}
