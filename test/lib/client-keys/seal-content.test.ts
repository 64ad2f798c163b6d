import { describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { createClientKey, openContent, sealContent } from '../../../lib/client-keys/seal-content.ts'

const key = createClientKey('anna', randomBytes(32))
const anyContent = fc.oneof(fc.uint8Array({ maxLength: 2_000 }), fc.string({ unit: 'grapheme' }))
const unreadable = expect.objectContaining({ code: 'secret-unreadable', retryable: false })

describe('sealed content', () => {
  test('opens with its key and purpose, and is different each time', () => {
    fc.assert(
      fc.property(anyContent, fc.string(), (content, purpose) => {
        const sealed = sealContent(key, purpose, content)
        expect(openContent(key, purpose, sealed)).toEqual(Buffer.from(content as string))
        expect(sealContent(key, purpose, content)).not.toEqual(sealed)
        expect(sealed.length).toBe(Buffer.from(content as string).length + 33)
      }),
    )
  })

  test('opens for no other purpose and for no other client', () => {
    const sealed = sealContent(key, 'bodies', 'hello')
    expect(() => openContent(key, 'answers', sealed)).toThrow(unreadable)
    expect(() => openContent({ ...key, clientId: 'berta' }, 'bodies', sealed)).toThrow(unreadable)
  })

  test('does not open with another key, which is trouble that may pass', () => {
    const sealed = sealContent(key, 'bodies', 'hello')
    const other = createClientKey('anna', randomBytes(32))
    expect(() => openContent(other, 'bodies', sealed)).toThrow(
      expect.objectContaining({ code: 'client-key-missing', retryable: true }),
    )
  })

  test('does not open where a bit was changed or bytes are missing', () => {
    const sealed = sealContent(key, 'bodies', 'hello')
    fc.assert(
      fc.property(fc.nat(sealed.length * 8 - 1), (bit) => {
        const damaged = Buffer.from(sealed)
        damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        expect(() => openContent(key, 'bodies', damaged)).toThrow()
      }),
    )
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), (length) => {
        expect(() => openContent(key, 'bodies', sealed.subarray(0, length))).toThrow()
      }),
    )
  })
})
