import { randomUUID } from 'node:crypto'
import { createKeyReader } from './create-key-reader.ts'
import { signPayload } from './create-token-issuer.ts'
import { readSigningKey } from './read-issuing-keys.ts'
import { readSignedToken, signatureKeyIdOf } from './read-signed-token.ts'
import { readSignatureKeys } from './read-verification-keys.ts'
import { authenticationType, checkTimes, tokenInvalid } from './token-format.ts'

/** An authentication token says who somebody is, and nothing of what he may do. */
const purpose = 'authentication-signature'

/** The issuer that authentication tokens name: another one than the authorisation's, so that neither passes as the other. */
export function authenticationIssuer(issuer: string): string {
  return `${issuer}/authentication`
}

/** Who may accept authentication tokens. */
function authenticationAudience(issuer: string): string {
  return `${issuer}/authorisation`
}

/** What issuing and verifying need. */
export interface AuthenticationTokenOptions {
  readonly keysDirectory: string
  /** The system's issuer, as in the configuration. */
  readonly issuer: string
  readonly clock?: () => number
}

/** Issues authentication tokens. */
export interface AuthenticationTokenIssuer {
  /** Throws `IpsError('keys-unavailable')`, retryable. */
  issue(token: AuthenticationToken): Promise<string>
}

/** What an authentication token says. */
export interface AuthenticationToken {
  readonly clientId: string
  readonly issuedAt: Date
  readonly lifetimeSeconds: number
  /** Issued from memory, while the identities could not be asked. */
  readonly degraded?: boolean
}

/** Who a token is about. */
export interface AuthenticatedClient {
  readonly clientId: string
  /** The token was issued from memory, while the identities could not be asked. */
  readonly degraded?: true
}

/** Verifies authentication tokens. */
export interface AuthenticationTokenVerifier {
  /**
   * Returns who the token is about. Throws `IpsError('token-invalid')` or `IpsError('token-expired')`, not retryable, and
   * `IpsError('keys-unavailable')`, retryable.
   */
  verify(token: string, at: Date): Promise<AuthenticatedClient>
}

/** Creates an issuer that signs with the newest active key of the folder. */
export function createAuthenticationTokenIssuer(
  options: AuthenticationTokenOptions & { randomId?: () => string },
): AuthenticationTokenIssuer {
  const { keysDirectory, issuer, clock = Date.now, randomId = randomUUID } = options
  const reader = createKeyReader({ read: () => readSigningKey(keysDirectory, purpose), clock })
  return {
    async issue({ clientId, issuedAt, lifetimeSeconds, degraded = false }) {
      const iat = Math.floor(issuedAt.getTime() / 1_000)
      return signPayload(await reader.current(), authenticationType, {
        iss: authenticationIssuer(issuer),
        aud: authenticationAudience(issuer),
        sub: clientId,
        client_id: clientId,
        iat,
        exp: iat + lifetimeSeconds,
        jti: randomId(),
        ...(degraded ? { degraded } : {}),
      })
    },
  }
}

/** Creates a verifier that knows every public key of the folder. */
export function createAuthenticationTokenVerifier(
  options: AuthenticationTokenOptions,
): AuthenticationTokenVerifier {
  const { keysDirectory, issuer, clock = Date.now } = options
  const reader = createKeyReader({ read: () => readSignatureKeys(keysDirectory, purpose), clock })
  const expected = {
    type: authenticationType,
    issuer: authenticationIssuer(issuer),
    audience: authenticationAudience(issuer),
  }
  return {
    async verify(token, at) {
      const kid = signatureKeyIdOf(token, authenticationType)
      const key = (await reader.current()).get(kid) ?? (await reader.reread()).get(kid)
      if (key === undefined) throw tokenInvalid('its key is not known')
      const members = await readSignedToken(token, key, expected)
      checkTimes(members, at)
      return { clientId: members.sub, ...(members.degraded === true ? { degraded: true } : {}) }
    },
  }
}
