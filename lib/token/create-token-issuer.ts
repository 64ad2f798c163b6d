import { randomUUID } from 'node:crypto'
import { CompactEncrypt, CompactSign } from 'jose'
import { IpsError } from '../errors/ips-error.ts'
import { createKeyReader } from './create-key-reader.ts'
import { readEncryptingKey, readSigningKey, type NamedKey } from './read-issuing-keys.ts'
import {
  audience,
  authorisationType,
  contentEncryptionAlgorithm,
  keyManagementAlgorithm,
  maxTokenLength,
  signatureAlgorithm,
} from './token-format.ts'

/**
 * JSON of rights for which a token stays below `maxTokenLength`: base64 twice over adds seven ninths, members and headers
 * the rest.
 */
export const maxRightsBytes = 6_000

/** What a new authorisation token says. */
interface TokenContent {
  readonly clientId: string
  /** Claims with their values, already checked. */
  readonly rights: Readonly<Record<string, unknown>>
  readonly issuedAt: Date
  readonly lifetimeSeconds: number
  readonly degraded?: boolean
}

/** Issues authorisation tokens. */
export interface TokenIssuer {
  /**
   * Signs, then encrypts. Throws `IpsError('token-too-large')`, not retryable, for rights that no request's headers could
   * carry, and `IpsError('keys-unavailable')`, retryable.
   */
  issue(content: TokenContent): Promise<string>
}

interface IssuingKeys {
  readonly signature: NamedKey
  readonly encryption: NamedKey
}

/** Creates an issuer that uses the newest active keys of the folder; a new one is noticed within ten seconds. */
export function createTokenIssuer(options: {
  keysDirectory: string
  issuer: string
  clock?: () => number
  randomId?: () => string
}): TokenIssuer {
  const { keysDirectory, issuer, clock = Date.now, randomId = randomUUID } = options
  const reader = createKeyReader({
    read: () => readIssuingKeys(keysDirectory),
    clock,
  })
  return {
    async issue({ clientId, rights, issuedAt, lifetimeSeconds, degraded = false }) {
      const iat = Math.floor(issuedAt.getTime() / 1_000)
      const token = await sealPayload(await reader.current(), {
        // First, so that no right can take the place of a member.
        ...rights,
        iss: issuer,
        aud: audience,
        sub: clientId,
        iat,
        exp: iat + lifetimeSeconds,
        jti: randomId(),
        ...(degraded ? { degraded } : {}),
      })
      if (token.length <= maxTokenLength) return token
      throw new IpsError('token-too-large', `the rights make a token of ${token.length} characters`)
    },
  }
}

async function readIssuingKeys(directory: string): Promise<IssuingKeys> {
  return {
    signature: await readSigningKey(directory, 'authorisation-signature'),
    encryption: await readEncryptingKey(directory),
  }
}

async function sealPayload({ signature, encryption }: IssuingKeys, payload: object) {
  const jws = await signPayload(signature, authorisationType, payload)
  return new CompactEncrypt(Buffer.from(jws))
    .setProtectedHeader({
      alg: keyManagementAlgorithm,
      enc: contentEncryptionAlgorithm,
      cty: 'JWT',
      kid: encryption.kid,
    })
    .encrypt(encryption.key)
}

/** Signs a payload as a compact JWS of the given type. */
export function signPayload(key: NamedKey, type: string, payload: object): Promise<string> {
  return new CompactSign(Buffer.from(JSON.stringify(payload)))
    .setProtectedHeader({ alg: signatureAlgorithm, typ: type, kid: key.kid })
    .sign(key.key)
}
