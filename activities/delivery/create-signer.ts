import { createHmac, createSecretKey, sign } from 'node:crypto'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { readWebhookSecret, readWebhookSecretKey } from '../../lib/token/webhook-secret.ts'
import type { EndpointTarget } from './delivery-journal.ts'

/** Makes the value of `webhook-signature`. `timestamp` is in seconds. */
export type Signer = (messageId: string, timestamp: number, body: Uint8Array) => string

/**
 * Creates a signer by Standard Webhooks 1.0.0: HMAC-SHA256 with `whsec_…` for `v1`, Ed25519 with `whsk_…` (seed and
 * public key) for `v1a`, both over `id.timestamp.body`. Until a former secret ends, its signature follows the present
 * one's, so that who has only one of them can verify. Throws `IpsError('secret-malformed')`, which does not repeat the
 * secret.
 */
export function createSigner({
  secret,
  formerSecret,
}: Pick<EndpointTarget, 'secret' | 'formerSecret'>): Signer {
  const present = createSingleSigner(secret)
  if (formerSecret === undefined) return present
  const former = createSingleSigner(formerSecret.secret)
  return (messageId, timestamp, body) => {
    const signature = present(messageId, timestamp, body)
    return timestamp * 1_000 < formerSecret.until
      ? `${signature} ${former(messageId, timestamp, body)}`
      : signature
  }
}

function createSingleSigner(secret: string): Signer {
  const hmacKey = readWebhookSecret(secret)
  if (hmacKey !== undefined) return createHmacSigner(hmacKey)
  const key = readWebhookSecretKey(secret)
  if (key === undefined)
    throw new IpsError(
      'secret-malformed',
      'the secret is neither whsec_… of 24 to 64 bytes nor whsk_… of a seed and its public key',
    )
  return (messageId, timestamp, body) => {
    const content = Buffer.concat([Buffer.from(`${messageId}.${timestamp}.`), body])
    return `v1a,${sign(null, content, key).toString('base64')}`
  }
}

function createHmacSigner(bytes: Uint8Array): Signer {
  // Made once: with the bytes themselves, making a key of them is four fifths of the time of every signature.
  const key = createSecretKey(bytes)
  return (messageId, timestamp, body) => {
    const hmac = createHmac('sha256', key).update(`${messageId}.${timestamp}.`).update(body)
    return `v1,${hmac.digest('base64')}`
  }
}
