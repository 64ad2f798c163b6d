import { createCipheriv, createDecipheriv, randomBytes, type CipherKey } from 'node:crypto'
import { IpsError } from '../errors/ips-error.ts'

const algorithm = 'aes-256-gcm'
/** Bytes of a key of AES-256. */
export const sealingKeyBytes = 32
/** NIST SP 800-38D: the size for which GCM is made. */
export const sealNonceBytes = 12
export const sealTagBytes = 16

/** A secret, encrypted and authenticated. */
export interface SealedSecret {
  readonly nonce: Buffer
  readonly tag: Buffer
  readonly content: Buffer
}

/** Encrypts (AES-256-GCM), bound to `context`: it opens with no other. The result is different each time. */
export function sealSecret(
  key: CipherKey,
  secret: string | Uint8Array,
  context: string,
): SealedSecret {
  const nonce = randomBytes(sealNonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: sealTagBytes })
  cipher.setAAD(Buffer.from(context))
  const content = cipher.update(typeof secret === 'string' ? Buffer.from(secret) : secret)
  // GCM encrypts as a stream: this is never more than the end of the computation.
  cipher.final()
  return { nonce, tag: cipher.getAuthTag(), content }
}

/** Decrypts. Throws `IpsError('secret-unreadable')`, not retryable: another key, another context, or damaged. */
export function openSecret(key: CipherKey, sealed: SealedSecret, context: string): string {
  return openBytes(key, sealed, context).toString('utf8')
}

/** The same, for a secret that is no text. */
export function openBytes(key: CipherKey, sealed: SealedSecret, context: string): Buffer {
  try {
    const decipher = createDecipheriv(algorithm, key, sealed.nonce, { authTagLength: sealTagBytes })
    decipher.setAAD(Buffer.from(context)).setAuthTag(sealed.tag)
    const content = decipher.update(sealed.content)
    decipher.final()
    return content
  } catch (cause) {
    throw new IpsError('secret-unreadable', `the secret of ${context} cannot be read`, { cause })
  }
}
