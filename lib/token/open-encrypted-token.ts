import { compactDecrypt, type CryptoKey } from 'jose'
import {
  contentEncryptionAlgorithm,
  encryptionHeader,
  keyManagementAlgorithm,
  readCanonicalJson,
  splitSegments,
  tokenInvalid,
} from './token-format.ts'

/** The key id that an encrypted token names. Decrypts nothing. Throws `IpsError('token-invalid')`. */
export function encryptionKeyIdOf(jwe: string): string {
  const [header = ''] = splitSegments(jwe, 5)
  return readCanonicalJson(Buffer.from(header, 'base64url'), encryptionHeader).kid
}

/**
 * Decrypts a compact JWE and returns the text in it. That alone proves nothing about its author: anybody can encrypt to a
 * public key. Throws `IpsError('token-invalid')`.
 */
export async function openEncryptedToken(jwe: string, key: CryptoKey): Promise<string> {
  encryptionKeyIdOf(jwe)
  try {
    const { plaintext } = await compactDecrypt(jwe, key, {
      keyManagementAlgorithms: [keyManagementAlgorithm],
      contentEncryptionAlgorithms: [contentEncryptionAlgorithm],
      maxDecompressedLength: 0,
    })
    return Buffer.from(plaintext).toString('latin1')
  } catch (cause) {
    throw tokenInvalid('it cannot be decrypted', cause)
  }
}
