import type { CryptoKey } from 'jose'
import { IpsError } from '../errors/ips-error.ts'
import { readPrivateKeys, readPublicKeys, type KeyRecord } from './key-files.ts'
import type { KeyPurpose } from './key-purposes.ts'
import { importKey } from './read-verification-keys.ts'

/** A key with the id that a header names. */
export interface NamedKey {
  readonly kid: string
  readonly key: CryptoKey
}

/** The private half that signs now. Throws `IpsError('keys-unavailable')`, retryable. */
export async function readSigningKey(directory: string, purpose: KeyPurpose): Promise<NamedKey> {
  const { kid } = await readActiveRecord(directory, purpose)
  const jwk = (await readPrivateKeys(directory, purpose)).get(kid)
  if (jwk === undefined) throw unavailable(purpose)
  return { kid, key: await importKey(jwk, purpose) }
}

/** The public half to which tokens are encrypted now. Throws `IpsError('keys-unavailable')`, retryable. */
export async function readEncryptingKey(directory: string): Promise<NamedKey> {
  const purpose = 'authorisation-encryption'
  const { kid, jwk } = await readActiveRecord(directory, purpose)
  return { kid, key: await importKey(jwk, purpose) }
}

async function readActiveRecord(directory: string, purpose: KeyPurpose): Promise<KeyRecord> {
  const records = await readPublicKeys(directory, purpose)
  const active = records.find(({ state }) => state === 'active')
  if (active === undefined) throw unavailable(purpose)
  return active
}

function unavailable(purpose: KeyPurpose): IpsError {
  return new IpsError('keys-unavailable', `there is no active key for ${purpose}`, {
    retryable: true,
  })
}
