import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { Webhook as StandardWebhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { createSigner } from '../../../activities/delivery/create-signer.ts'
import { createWebhookKeyPair, createWebhookSecret } from '../../../lib/token/webhook-secret.ts'

const secondsNow = () => Math.floor(Date.now() / 1_000)

describe('a signature', () => {
  test('of v1 is accepted by two independent libraries, for any secret, id and body', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 24, maxLength: 64 }),
        fc.stringMatching(/^[0-9a-f]{32}$/),
        fc.jsonValue(),
        (key, id, value) => {
          const secret = `whsec_${Buffer.from(key).toString('base64')}`
          const body = JSON.stringify(value)
          const timestamp = secondsNow()
          const headers = {
            'webhook-id': id,
            'webhook-timestamp': String(timestamp),
            'webhook-signature': createSigner({ secret, signature: 'v1' })(id, timestamp, body),
          }
          new StandardWebhook(secret).verify(body, headers)
          new SvixWebhook(secret).verify(body, headers)
        },
      ),
    )
  })

  test('of another secret is refused by both', () => {
    const timestamp = secondsNow()
    const sign = createSigner({ secret: createWebhookSecret(), signature: 'v1' })
    const headers = {
      'webhook-id': 'id',
      'webhook-timestamp': String(timestamp),
      'webhook-signature': sign('id', timestamp, '{}'),
    }
    const other = createWebhookSecret()
    expect(() => new StandardWebhook(other).verify('{}', headers)).toThrow()
    expect(() => new SvixWebhook(other).verify('{}', headers)).toThrow()
  })

  test('of v1a is accepted with the public key', () => {
    const { secretKey, publicKey } = createWebhookKeyPair()
    const signature = createSigner({ secret: secretKey, signature: 'v1a' })(
      'id',
      1_700_000_000,
      '{}',
    )
    const x = Buffer.from(publicKey.slice('whpk_'.length), 'base64').toString('base64url')
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    const bytes = Buffer.from(signature.slice('v1a,'.length), 'base64')
    expect(signature).toMatch(/^v1a,/)
    expect(verify(null, Buffer.from('id.1700000000.{}'), key, bytes)).toBe(true)
  })

  test.each([
    ['v1', 'is too long', `whsec_${randomBytes(65).toString('base64')}`],
    ['v1', 'is no base64', `${createWebhookSecret()}!`],
    ['v1a', 'has another public key', `whsk_${randomBytes(64).toString('base64')}`],
  ] as const)('of %s is never made with a secret that %s', (signature, _name, secret) => {
    const malformed = expect.objectContaining({ code: 'secret-malformed' })
    expect(() => createSigner({ secret, signature })).toThrow(malformed)
  })

  test('is never made with a secret of the wrong kind, which the error does not repeat', () => {
    const secret = `whsk_${randomBytes(64).toString('base64')}`
    expect(() => createSigner({ secret, signature: 'v1' })).toThrow(
      expect.objectContaining({
        code: 'secret-malformed',
        message: expect.not.stringContaining(secret),
      }),
    )
  })
})
