import type { JWK } from 'jose'
import { authenticationIssuer } from './create-authentication-tokens.ts'
import { readPublicKeys, type KeyRecord } from './key-files.ts'
import { keyPurposeNames, keyPurposes } from './key-purposes.ts'

/** A key as operators see it: its public half only. */
export interface ListedKey {
  readonly kid: string
  readonly use: 'sig' | 'enc'
  /** The `iss` of the tokens that it is for. */
  readonly issuer: string
  readonly state: KeyRecord['state']
  /** RFC 3339, as `activeFrom`. */
  readonly createdAt: string
  readonly activeFrom: string
  readonly jwk: JWK
}

/**
 * Every key of the folder, each purpose's newest first; none of purposes that have no keys yet. `issuer` is the system's,
 * as in the configuration.
 */
export async function listKeys(directory: string, issuer: string): Promise<ListedKey[]> {
  const lists = await Promise.all(
    keyPurposeNames.map(async (purpose) => {
      const records = await readPublicKeys(directory, purpose).catch(() => [])
      return records.map((record) => ({
        use: keyPurposes[purpose].use,
        issuer: purpose === 'authentication-signature' ? authenticationIssuer(issuer) : issuer,
        ...record,
      }))
    }),
  )
  return lists.flat()
}

/** The JWKS (RFC 7517) of every key with which a signature may have been made. */
export async function readJwks(directory: string): Promise<{ keys: JWK[] }> {
  const signing = keyPurposeNames.filter((purpose) => keyPurposes[purpose].use === 'sig')
  const lists = await Promise.all(signing.map((purpose) => readPublicKeys(directory, purpose)))
  const usable = lists.flat().filter(({ state }) => state !== 'retired')
  return { keys: usable.map(({ jwk }) => jwk) }
}
