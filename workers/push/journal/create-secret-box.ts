import { createHmac, hkdfSync } from 'node:crypto'
import {
  openSecret,
  sealingKeyBytes,
  sealNonceBytes,
  sealTagBytes,
} from '../../../lib/token/seal-secret.ts'

/** What of an endpoint is never stored in the clear: a URL may hold a secret too. */
export interface EndpointSecrets {
  readonly url: string
  readonly secret: string
}

/** What the key of the service itself is for. */
export interface SecretBox {
  /**
   * Decrypts what was sealed for one endpoint before clients had keys of their own. Throws `IpsError('secret-unreadable')`
   * for another endpoint's, another key's, or damaged bytes.
   */
  open(endpointId: string, sealed: Buffer): EndpointSecrets
  /** A keyed digest, so that a change is seen without decryption and nothing is learnt from it. */
  fingerprint(text: string): string
}

/** Creates a box with a key of 32 bytes. */
export function createSecretBox(key: Buffer): SecretBox {
  const sealingKey = derive(key, 'ips push sealing')
  const fingerprintKey = derive(key, 'ips push fingerprint')
  return {
    open(endpointId, sealed) {
      const contentAt = sealNonceBytes + sealTagBytes
      const parts = {
        nonce: sealed.subarray(0, sealNonceBytes),
        tag: sealed.subarray(sealNonceBytes, contentAt),
        content: sealed.subarray(contentAt),
      }
      return JSON.parse(openSecret(sealingKey, parts, endpointId)) as EndpointSecrets
    },
    fingerprint: (text) => createHmac('sha256', fingerprintKey).update(text).digest('base64'),
  }
}

function derive(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), purpose, sealingKeyBytes))
}
