import { createHmac, sign } from 'node:crypto'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { readWebhookSecret, readWebhookSecretKey } from '../../lib/token/webhook-secret.ts'

/** Makes the value of `webhook-signature`. `timestamp` is in seconds. */
export type Signer = (messageId: string, timestamp: number, body: string) => string

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
  const key = readWebhookSecret(secret) ?? refuse('whsec_… of 24 to 64 bytes')
  return (messageId, timestamp, body) => {
    const hmac = createHmac('sha256', key).update(`${messageId}.${timestamp}.`).update(body)
    return `v1,${hmac.digest('base64')}`
  }
}

function createEdSigner(secret: string): Signer {
  const key = readWebhookSecretKey(secret) ?? refuse('whsk_… of a seed and its public key')
  return (messageId, timestamp, body) => {
    const content = Buffer.from(`${messageId}.${timestamp}.${body}`)
    return `v1a,${sign(null, content, key).toString('base64')}`
  }
}

function refuse(wanted: string): never {
  throw new IpsError('secret-malformed', `the endpoint's secret is not ${wanted}`)
}
