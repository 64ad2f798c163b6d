import { openEncryptedToken, encryptionKeyIdOf } from './open-encrypted-token.ts'
import { readSignedToken, signatureKeyIdOf, type TokenMembers } from './read-signed-token.ts'
import type { VerificationKeys } from './read-verification-keys.ts'
import { audience, authorisationType } from './token-format.ts'

/**
 * Decrypts and verifies an authorisation token, apart from its times. Returns `undefined` where it names a key that is
 * not among `keys`. Throws `IpsError('token-invalid')`.
 */
export async function openAuthorisationToken(
  token: string,
  keys: VerificationKeys,
  issuer: string,
): Promise<TokenMembers | undefined> {
  const decryptionKey = keys.decryption.get(encryptionKeyIdOf(token))
  if (decryptionKey === undefined) return undefined
  const jws = await openEncryptedToken(token, decryptionKey)
  const signatureKey = keys.signature.get(signatureKeyIdOf(jws, authorisationType))
  if (signatureKey === undefined) return undefined
  return readSignedToken(jws, signatureKey, { type: authorisationType, issuer, audience })
}
