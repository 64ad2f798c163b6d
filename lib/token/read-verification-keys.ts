import { importJWK, type CryptoKey, type JWK } from 'jose'
import { IpsError } from '../errors/ips-error.ts'
import { readPrivateKeys, readPublicKeys } from './key-files.ts'
import { keyPurposes, type KeyPurpose } from './key-purposes.ts'

/** What verifying authorisation tokens needs: secret halves to decrypt, public ones to verify. */
export interface VerificationKeys {
  readonly decryption: ReadonlyMap<string, CryptoKey>
  readonly signature: ReadonlyMap<string, CryptoKey>
}

/** Reads them. Throws `IpsError('keys-unavailable')`, retryable. */
export async function readVerificationKeys(directory: string): Promise<VerificationKeys> {
  return {
    decryption: await readDecryptionKeys(directory),
    signature: await readSignatureKeys(directory, 'authorisation-signature'),
  }
}

/** The public keys with which signatures are verified: all that are not retired. Throws `IpsError('keys-unavailable')`. */
export async function readSignatureKeys(
  directory: string,
  purpose: KeyPurpose,
): Promise<ReadonlyMap<string, CryptoKey>> {
  const keys = new Map<string, CryptoKey>()
  for (const { kid, jwk, state } of await readPublicKeys(directory, purpose)) {
    if (state !== 'retired') keys.set(kid, await importKey(jwk, purpose))
  }
  return keys
}

async function readDecryptionKeys(directory: string): Promise<ReadonlyMap<string, CryptoKey>> {
  const keys = new Map<string, CryptoKey>()
  for (const [kid, jwk] of await readPrivateKeys(directory, 'authorisation-encryption')) {
    keys.set(kid, await importKey(jwk, 'authorisation-encryption'))
  }
  return keys
}

/** Imports a key for its purpose's algorithm. Throws `IpsError('keys-unavailable')`, retryable. */
export async function importKey(jwk: JWK, purpose: KeyPurpose): Promise<CryptoKey> {
  try {
    const key = await importJWK(jwk, keyPurposes[purpose].alg)
    if (key instanceof Uint8Array) throw new Error('the key is symmetric')
    return key
  } catch (cause) {
    throw new IpsError('keys-unavailable', `a key for ${purpose} cannot be used`, {
      retryable: true,
      cause,
    })
  }
}
