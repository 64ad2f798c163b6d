import { createHmac, timingSafeEqual } from 'node:crypto'
import { IpsError } from '../../lib/errors/ips-error.ts'

/** Standard Webhooks: an older or younger timestamp may be a replay. */
const toleranceSeconds = 5 * 60

/**
 * Verifies a webhook as Standard Webhooks 1.0.0 says, as a client would: `v1`, HMAC-SHA256 over `id.timestamp.body` with
 * the secret `whsec_…`. Throws `IpsError('webhook-unverified')`.
 */
export function verifyWebhook(
  secret: string,
  body: string,
  headers: Readonly<Record<string, string | undefined>>,
  nowMs: number,
): void {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp } = headers
  const age = Math.abs(nowMs / 1000 - Number(timestamp))
  if (id === undefined || timestamp === undefined || !(age <= toleranceSeconds)) {
    throw new IpsError('webhook-unverified', 'the webhook has no id, or no timestamp of these days')
  }
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest()
  const signatures = (headers['webhook-signature'] ?? '').split(' ')
  const isSigned = signatures.some((signature) => {
    const [version, text = ''] = signature.split(',')
    const given = Buffer.from(text, 'base64')
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected)
  })
  if (!isSigned) throw new IpsError('webhook-unverified', 'no signature of the webhook is right')
}
