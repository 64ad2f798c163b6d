import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { Webhook as StandardWebhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { createSigner } from '../../../activities/delivery/create-signer.ts'
import { createWebhookKeyPair, createWebhookSecret } from '../../../lib/token/webhook-secret.ts'

const secondsNow = () => Math.floor(Date.now() / 1_000)

/** The headers of a request that is signed now. */
function sign(options: Parameters<typeof createSigner>[0], body = '{}', id = 'id') {
  const timestamp = secondsNow()
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': createSigner(options)(id, timestamp, Buffer.from(body)),
  }
}

function expectVerified(secret: string, body: string, headers: ReturnType<typeof sign>): void {
  new StandardWebhook(secret).verify(body, headers)
  new SvixWebhook(secret).verify(body, headers)
}

/** True where one of the signatures is an Ed25519 one of this key. */
function isVerifiedBy(publicKey: string, body: string, headers: ReturnType<typeof sign>): boolean {
  const x = Buffer.from(publicKey.slice('whpk_'.length), 'base64').toString('base64url')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  return headers['webhook-signature']
    .split(' ')
    .filter((signature) => signature.startsWith('v1a,'))
    .some((signature) =>
      verify(null, Buffer.from(content), key, Buffer.from(signature.slice(4), 'base64')),
    )
}

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
          expectVerified(secret, body, sign({ secret }, body, id))
        },
      ),
    )
  })

  test('of another secret is refused by both', () => {
    const headers = sign({ secret: createWebhookSecret() })
    const other = createWebhookSecret()
    expect(() => new StandardWebhook(other).verify('{}', headers)).toThrow()
    expect(() => new SvixWebhook(other).verify('{}', headers)).toThrow()
  })

  test('of v1a is accepted with the public key', () => {
    const { secretKey, publicKey } = createWebhookKeyPair()
    const headers = sign({ secret: secretKey })
    expect(headers['webhook-signature']).toMatch(/^v1a,[^ ]+$/)
    expect(isVerifiedBy(publicKey, '{}', headers)).toBe(true)
    expect(isVerifiedBy(createWebhookKeyPair().publicKey, '{}', headers)).toBe(false)
  })

  test.each([
    ['is too long', `whsec_${randomBytes(65).toString('base64')}`],
    ['is no base64', `${createWebhookSecret()}!`],
    ['has another public key', `whsk_${randomBytes(64).toString('base64')}`],
    ['is of no kind', randomBytes(32).toString('base64')],
  ])('is never made with a secret that %s, which the error does not repeat', (_name, secret) => {
    const malformed = expect.objectContaining({
      code: 'secret-malformed',
      message: expect.not.stringContaining(secret),
    })
    expect(() => createSigner({ secret })).toThrow(malformed)
    const formerSecret = { secret, until: Date.now() }
    expect(() => createSigner({ secret: createWebhookSecret(), formerSecret })).toThrow(malformed)
  })
})

describe('while a secret is replaced', () => {
  const later = () => Date.now() + 3_600_000

  test('who has either of two symmetric ones can verify', () => {
    const [secret, former] = [createWebhookSecret(), createWebhookSecret()]
    const headers = sign({ secret, formerSecret: { secret: former, until: later() } })
    expect(headers['webhook-signature']).toMatch(/^v1,[^ ]+ v1,[^ ]+$/)
    expectVerified(secret, '{}', headers)
    expectVerified(former, '{}', headers)
  })

  test('who has either of a symmetric one and a public key can verify', () => {
    const { secretKey, publicKey } = createWebhookKeyPair()
    const former = createWebhookSecret()
    const headers = sign({ secret: secretKey, formerSecret: { secret: former, until: later() } })
    expect(headers['webhook-signature']).toMatch(/^v1a,[^ ]+ v1,[^ ]+$/)
    expectVerified(former, '{}', headers)
    expect(isVerifiedBy(publicKey, '{}', headers)).toBe(true)
  })

  test('who has either of two public keys can verify', () => {
    const [present, former] = [createWebhookKeyPair(), createWebhookKeyPair()]
    const headers = sign({
      secret: present.secretKey,
      formerSecret: { secret: former.secretKey, until: later() },
    })
    expect(isVerifiedBy(present.publicKey, '{}', headers)).toBe(true)
    expect(isVerifiedBy(former.publicKey, '{}', headers)).toBe(true)
  })

  test('the former one signs until it ends, and no longer', () => {
    const [secret, former] = [createWebhookSecret(), createWebhookSecret()]
    const signer = createSigner({ secret, formerSecret: { secret: former, until: 1_000_000 } })
    const body = Buffer.from('{}')
    const both = [secret, former].map((one) => createSigner({ secret: one })('id', 999, body))
    expect(signer('id', 999, body)).toBe(both.join(' '))
    expect(signer('id', 1_000, body)).toBe(createSigner({ secret })('id', 1_000, body))
  })
})
