import { createHmac, createPrivateKey, sign } from 'node:crypto'
import { IpsError } from '../../lib/errors/ips-error.ts'

/** Makes the value of `webhook-signature`. `timestamp` is in seconds. */
export type Signer = (messageId: string, timestamp: number, body: string) => string

/** The DER frame of an Ed25519 seed: RFC 8410, section 7. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')
const seedBytes = 32

/**
 * Creates a signer by Standard Webhooks 1.0.0: HMAC-SHA256 with `whsec_…` for `v1`, Ed25519 with `whsk_…` (seed and
 * public key) for `v1a`, both over `id.timestamp.body`. Throws `IpsError('secret-malformed')`, which does not repeat the
 * secret.
 */
export function createSigner(options: { secret: string; signature: 'v1' | 'v1a' }): Signer {
  return options.signature === 'v1'
    ? createHmacSigner(options.secret)
    : createEdSigner(options.secret)
}

function createHmacSigner(secret: string): Signer {
  const key = decode(secret, 'whsec_')
  return (messageId, timestamp, body) => {
    const hmac = createHmac('sha256', key).update(`${messageId}.${timestamp}.`).update(body)
    return `v1,${hmac.digest('base64')}`
  }
}

function createEdSigner(secret: string): Signer {
  const seed = decode(secret, 'whsk_').subarray(0, seedBytes)
  const der = Buffer.concat([pkcs8Prefix, seed])
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  return (messageId, timestamp, body) => {
    const content = Buffer.from(`${messageId}.${timestamp}.${body}`)
    return `v1a,${sign(null, content, key).toString('base64')}`
  }
}

function decode(secret: string, prefix: string): Buffer {
  const bytes = Buffer.from(secret.slice(prefix.length), 'base64')
  if (secret.startsWith(prefix) && bytes.length >= 24) return bytes
  throw new IpsError(
    'secret-malformed',
    `the endpoint's secret is not ${prefix}… of 24 bytes at least`,
  )
}
