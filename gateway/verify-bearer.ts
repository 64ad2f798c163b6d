import { IpsError } from '../lib/errors/ips-error.ts'
import type { TokenVerifier, VerifiedToken } from '../lib/token/verified-token.ts'
import { jitteredRetryAfter, type Random } from './retry-after.ts'
import { tokenProblem } from './token-problems.ts'

/** A token as presented, and what it says. */
export interface Bearer extends VerifiedToken {
  readonly token: string
}

const bearer = /^bearer(?: +(.*))?$/i

/**
 * Reads an `Authorization` header. `at` is the time for which the token must be valid. Throws problems: `token-missing`,
 * `token-invalid`, `token-expired`, `keys-unavailable`.
 */
export async function verifyBearer(
  header: string | undefined,
  { tokens, at, random }: { tokens: TokenVerifier; at: Date; random: Random },
): Promise<Bearer> {
  const token = bearer.exec(header ?? '')?.[1]?.trim() ?? ''
  if (token === '') {
    throw tokenProblem('token-missing', 'send Authorization: Bearer with a token', {
      headers: { 'www-authenticate': 'Bearer' },
    })
  }
  try {
    return { ...(await tokens.verify(token, at)), token }
  } catch (cause) {
    if (!(cause instanceof IpsError)) throw cause
    if (cause.retryable) {
      const headers = jitteredRetryAfter(random)
      throw tokenProblem('keys-unavailable', 'the keys cannot be read', { headers, cause })
    }
    const code = cause.code === 'token-expired' ? 'token-expired' : 'token-invalid'
    const headers = { 'www-authenticate': 'Bearer error="invalid_token"' }
    throw tokenProblem(code, 'ask the authorisation service for another one', { headers, cause })
  }
}
