import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  packBlock,
  packedSizeOf,
  unpackBlock,
} from '../../../../workers/firehose/journal/pack-block.ts'

const messages = fc.array(
  fc.record({
    type: fc.string({ unit: 'grapheme' }),
    correlationId: fc.string({ unit: 'grapheme' }),
    json: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  }),
  { maxLength: 20 },
)

test('a block holds its messages in their order, and takes as many bytes as they say', () => {
  fc.assert(
    fc.property(messages, (packed) => {
      const block = packBlock(packed)
      expect([...unpackBlock(block)]).toEqual(packed)
      expect(block).toHaveLength(
        1 + packed.reduce((sum, message) => sum + packedSizeOf(message), 0),
      )
    }),
  )
})

test('a block that is cut anywhere but between messages, or of another version, is refused', () => {
  fc.assert(
    fc.property(messages, fc.nat(), (packed, at) => {
      const block = packBlock(packed)
      const cut = block.subarray(0, at % block.length)
      const ends = new Set([1])
      let end = 1
      for (const message of packed) ends.add((end += packedSizeOf(message)))
      if (!ends.has(cut.length))
        expect(() => [...unpackBlock(cut)]).toThrow(
          expect.objectContaining({ code: 'block-malformed' }),
        )
      expect(() => [...unpackBlock(Buffer.concat([Buffer.of(2), block.subarray(1)]))]).toThrow(
        expect.objectContaining({ code: 'block-malformed' }),
      )
    }),
  )
})
