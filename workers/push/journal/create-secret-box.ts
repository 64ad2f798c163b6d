import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { IpsError } from '../../../lib/errors/ips-error.ts'

/** What of an endpoint is never stored in the clear: a URL may hold a secret too. */
export interface EndpointSecrets {
  readonly url: string
  readonly secret: string
}

/** Encrypts what must not be read in the database. */
export interface SecretBox {
  /** Encrypts for one endpoint; the result is different each time. */
  seal(endpointId: string, secrets: EndpointSecrets): Buffer
  /** Decrypts. Throws `IpsError('secret-unreadable')` for another endpoint's, another key's, or damaged bytes. */
  open(endpointId: string, sealed: Buffer): EndpointSecrets
  /** A keyed digest, so that a change is seen without decryption and nothing is learnt from it. */
  fingerprint(text: string): string
}

const algorithm = 'aes-256-gcm'
const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16

/** Creates a box with a key of 32 bytes. */
export function createSecretBox(key: Buffer): SecretBox {
  const sealingKey = derive(key, 'ips push sealing')
  const fingerprintKey = derive(key, 'ips push fingerprint')
  return {
    seal(endpointId, secrets) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv(algorithm, sealingKey, nonce, { authTagLength: tagBytes })
      cipher.setAAD(Buffer.from(endpointId))
      const content = Buffer.concat([
        cipher.update(JSON.stringify(secrets), 'utf8'),
        cipher.final(),
      ])
      return Buffer.concat([nonce, cipher.getAuthTag(), content])
    },
    open(endpointId, sealed) {
      try {
        const nonce = sealed.subarray(0, nonceBytes)
        const decipher = createDecipheriv(algorithm, sealingKey, nonce, { authTagLength: tagBytes })
        decipher.setAAD(Buffer.from(endpointId))
        decipher.setAuthTag(sealed.subarray(nonceBytes, nonceBytes + tagBytes))
        const content = decipher.update(sealed.subarray(nonceBytes + tagBytes))
        const text = Buffer.concat([content, decipher.final()]).toString('utf8')
        return JSON.parse(text) as EndpointSecrets
      } catch (cause) {
        throw new IpsError('secret-unreadable', 'the stored secret belongs to another key', {
          cause,
        })
      }
    },
    fingerprint: (text) => createHmac('sha256', fingerprintKey).update(text).digest('base64'),
  }
}

function derive(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), purpose, keyBytes))
}
