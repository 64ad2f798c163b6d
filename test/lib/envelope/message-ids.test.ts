import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  imageIdOf,
  summaryMessageIdOf,
  visionMessageIdOf,
} from '../../../lib/envelope/message-ids.ts'

const id = /^[0-9a-f]{32}$/
const image = fc.record({
  clientId: fc.string(),
  correlationId: fc.string(),
  content: fc.uint8Array({ maxLength: 64 }),
})

describe('message ids', () => {
  it('are the same for the same input and differ for another one', () => {
    fc.assert(
      fc.property(image, image, (one, other) => {
        expect(imageIdOf(one)).toMatch(id)
        expect(imageIdOf(one)).toBe(imageIdOf({ ...one, content: Uint8Array.from(one.content) }))
        const same =
          one.clientId === other.clientId &&
          one.correlationId === other.correlationId &&
          Buffer.from(one.content).equals(Buffer.from(other.content))
        expect(imageIdOf(one) === imageIdOf(other)).toBe(same)
      }),
    )
  })

  it('do not depend on where one part ends and the next begins', () => {
    const content = new Uint8Array()
    expect(imageIdOf({ clientId: 'ab', correlationId: 'c', content })).not.toBe(
      imageIdOf({ clientId: 'a', correlationId: 'bc', content }),
    )
  })

  it('tell a result from the terminal message, and a revision from the next', () => {
    const message = { imageId: 'a'.repeat(32), service: 'ocr', version: '1.0' }
    const ids = new Set([
      visionMessageIdOf({ ...message, ordinal: 0 }),
      visionMessageIdOf({ ...message, ordinal: 1 }),
      visionMessageIdOf({ ...message, ordinal: 'terminal' }),
      ...[1, 2].flatMap((revision) =>
        ['1.0', '1.1', '2.0'].map((version) =>
          summaryMessageIdOf({ clientId: 'a', correlationId: 'b', revision, version }),
        ),
      ),
    ])
    expect(ids.size).toBe(9)
  })

  it('of version 1.0 of a summary stay what clients have seen', () => {
    const summary = { clientId: 'a', correlationId: 'b', revision: 1, version: '1.0' }
    expect(summaryMessageIdOf(summary)).toBe('bbdd210025cc7dedf195e8319667025d')
  })
})
