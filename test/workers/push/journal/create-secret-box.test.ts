import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { randomBytes } from 'node:crypto'
import { createSecretBox } from '../../../../workers/push/journal/create-secret-box.ts'
import { sealFormerly } from '../../../support/former-sealing.ts'

const secrets = fc.record({ url: fc.string(), secret: fc.string() })

describe('the secret box', () => {
  test('opens what was sealed before clients had keys', () => {
    const key = randomBytes(32)
    const box = createSecretBox(key)
    fc.assert(
      fc.property(fc.string(), secrets, (endpointId, content) => {
        expect(box.open(endpointId, sealFormerly(key, endpointId, content))).toEqual(content)
      }),
    )
  })

  test('gives the same text the same fingerprint, and each key another one', () => {
    const box = createSecretBox(randomBytes(32))
    expect(box.fingerprint('text')).toBe(box.fingerprint('text'))
    expect(box.fingerprint('text')).not.toBe(createSecretBox(randomBytes(32)).fingerprint('text'))
  })

  test('does not open what is damaged, another endpoint’s or another key’s', () => {
    const key = randomBytes(32)
    const box = createSecretBox(key)
    const unreadable = expect.objectContaining({ code: 'secret-unreadable', retryable: false })
    const sealed = sealFormerly(key, 'id', { url: 'u', secret: 's' })
    expect(() => box.open('other', sealed)).toThrow(unreadable)
    expect(() => createSecretBox(randomBytes(32)).open('id', sealed)).toThrow(unreadable)
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = Buffer.from(sealed)
        damaged[at] = (damaged[at] ?? 0) ^ flip
        expect(() => box.open('id', damaged)).toThrow(unreadable)
      }),
    )
    expect(() => box.open('id', Buffer.alloc(3))).toThrow(unreadable)
  })
})
