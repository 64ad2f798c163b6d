import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { verifyWebhook } from '../../../workers/probe/verify-webhook.ts'

const secret = fc
  .uint8Array({ minLength: 24, maxLength: 64 })
  .map((bytes) => `whsec_${Buffer.from(bytes).toString('base64')}`)
const nowMs = Date.UTC(2026, 10, 24)

function sign(key: string, id: string, body: string, atMs = nowMs) {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(atMs / 1000)),
    'webhook-signature': new Webhook(key).sign(id, new Date(atMs), body),
  }
}

describe('the verification of webhooks', () => {
  test('accepts what an independent library has signed', () => {
    fc.assert(
      fc.property(secret, fc.uuid(), fc.string(), (key, id, body) => {
        verifyWebhook(key, body, sign(key, id, body), nowMs)
      }),
    )
  })

  test('refuses any other body, secret or id', () => {
    fc.assert(
      fc.property(secret, secret, fc.string(), fc.string(), (key, otherKey, body, otherBody) => {
        fc.pre(key !== otherKey && body !== otherBody)
        const headers = sign(key, 'id', body)
        const refused = { code: 'webhook-unverified' }
        const attempt = (change: () => void) =>
          expect(change).toThrow(expect.objectContaining(refused))
        attempt(() => verifyWebhook(key, otherBody, headers, nowMs))
        attempt(() => verifyWebhook(otherKey, body, headers, nowMs))
        attempt(() => verifyWebhook(key, body, { ...headers, 'webhook-id': 'other' }, nowMs))
        attempt(() => verifyWebhook(key, body, {}, nowMs))
      }),
    )
  })

  test('accepts one right signature among others', () => {
    const key = `whsec_${Buffer.alloc(24).toString('base64')}`
    const headers = sign(key, 'id', 'body')
    const many = `v1a,AAAA v1,AAAA ${headers['webhook-signature']}`
    verifyWebhook(key, 'body', { ...headers, 'webhook-signature': many }, nowMs)
  })

  test('refuses a timestamp that is far from now', () => {
    const key = `whsec_${Buffer.alloc(24).toString('base64')}`
    for (const atMs of [nowMs - 301_000, nowMs + 302_000]) {
      expect(() => verifyWebhook(key, 'body', sign(key, 'id', 'body', atMs), nowMs)).toThrow()
    }
  })
})
