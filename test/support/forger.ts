import { CompactEncrypt, CompactSign, type CryptoKey } from 'jose'
import { readPrivateKeys, readPublicKeys } from '../../lib/token/key-files.ts'
import type { KeyPurpose } from '../../lib/token/key-purposes.ts'
import { importKey } from '../../lib/token/read-verification-keys.ts'
import type { TestKeys } from './tokens.ts'

/** Claims that are good, but for who has written them. */
export interface ForgedClaims extends Readonly<Record<string, unknown>> {
  readonly iat: number
}

/** Somebody who holds every key, and so can build what only a mistake of the verifier's would accept. */
export interface Forger {
  readonly keys: TestKeys
  readonly claims: ForgedClaims
  /** Signs as the authorisation service does, but for these members of the header and this key. */
  readonly sign: (content: string | object, header?: object, key?: CryptoKey) => Promise<string>
  /** Encrypts as the authorisation service does, but for these members of the header. */
  readonly encrypt: (content: string | Uint8Array, header?: object) => Promise<string>
  /** The key that signs for a purpose. */
  readonly signingKey: (purpose: KeyPurpose) => Promise<{ kid: string; key: CryptoKey }>
}

/** Creates a forger for the keys of a test, whose tokens begin at a time and last for an hour. */
export async function createForger(keys: TestKeys, at: Date): Promise<Forger> {
  const [encryption] = await readPublicKeys(keys.directory, 'authorisation-encryption')
  if (encryption === undefined) throw new Error('there is no key for encryption')
  const encryptionKey = await importKey(encryption.jwk, 'authorisation-encryption')
  const signingKey = async (purpose: KeyPurpose) => {
    const [first] = await readPrivateKeys(keys.directory, purpose)
    if (first === undefined) throw new Error(`there is no key for ${purpose}`)
    return { kid: first[0], key: await importKey(first[1], purpose) }
  }
  const own = await signingKey('authorisation-signature')
  const iat = at.getTime() / 1_000
  return {
    keys,
    claims: {
      ...{ 'ingest-1.*': true, iss: keys.issuer, aud: 'ips', sub: 'attacker' },
      ...{ iat, exp: iat + 3_600, jti: 'x' },
    },
    sign: (content, header = {}, key = own.key) =>
      new CompactSign(Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)))
        .setProtectedHeader({
          alg: 'EdDSA',
          typ: 'ips-authorisation+jwt',
          kid: own.kid,
          ...header,
        })
        .sign(key, { crit: { exotic: true } }),
    encrypt: (content, header = {}) =>
      new CompactEncrypt(Buffer.from(content))
        .setProtectedHeader({
          alg: 'ECDH-ES+A256KW',
          enc: 'A256GCM',
          cty: 'JWT',
          kid: encryption.kid,
          ...header,
        })
        .encrypt(encryptionKey, { crit: { exotic: true } }),
    signingKey,
  }
}
