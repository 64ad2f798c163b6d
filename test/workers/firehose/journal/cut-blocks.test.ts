import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  cutBlocks,
  maxBlockBytes,
  maxBlockMessages,
} from '../../../../workers/firehose/journal/cut-blocks.ts'
import { unpackBlock } from '../../../../workers/firehose/journal/pack-block.ts'
import { openBlock } from '../../../../workers/firehose/journal/seal-block.ts'
import { derivedKey } from '../../../support/client-keys.ts'
import { createMessage } from '../../../support/firehose-journal.ts'

const arrivals = fc.array(
  fc.record({
    clientId: fc.constantFrom('anna', 'berta', 'carla'),
    // Some are larger than a block.
    bytes: fc.oneof(fc.nat(100), fc.integer({ min: 0, max: maxBlockBytes + 1_000 })),
  }),
  { maxLength: 12 },
)

test('each client’s messages are in blocks that follow each other, in their order and within bounds', () => {
  fc.assert(
    fc.property(arrivals, fc.bigInt({ min: 0n, max: 2n ** 60n }), (arrived, lastOffset) => {
      const messages = arrived.map(({ clientId, bytes }, index) =>
        createMessage(clientId, String(index), 'x'.repeat(bytes)),
      )
      const lastOffsets = new Map([['anna', lastOffset]])
      const blocks = cutBlocks(messages, lastOffsets)
      for (const clientId of ['anna', 'berta', 'carla']) {
        let next = (clientId === 'anna' ? lastOffset : 0n) + 1n
        const found = []
        for (const block of blocks.filter((each) => each.clientId === clientId)) {
          expect(block.firstOffset).toBe(next)
          const packed = openBlock(derivedKey(clientId), block.firstOffset, block.sealed)
          const unpacked = [...unpackBlock(packed)]
          expect(packed.length <= maxBlockBytes + 1 || unpacked.length === 1).toBe(true)
          found.push(...unpacked.map(({ json }) => json.toString()))
          next += BigInt(unpacked.length)
          expect(block.lastOffset).toBe(next - 1n)
        }
        const own = messages.filter(({ key }) => key.clientId === clientId)
        expect(found).toEqual(own.map(({ json }) => json.toString()))
        expect(lastOffsets.get(clientId) ?? 0n).toBe(next - 1n)
      }
    }),
    { numRuns: 50 },
  )
})

test('very small messages are cut too: a block of them is never endless', () => {
  const messages = Array.from({ length: maxBlockMessages * 2 + 1 }, (_unused, index) =>
    createMessage('anna', String(index)),
  )
  const blocks = cutBlocks(messages, new Map())
  expect(blocks.map(({ lastOffset }) => lastOffset)).toEqual([1_000n, 2_000n, 2_001n])
})

test('a block opens in its own place only', () => {
  const [block] = cutBlocks([createMessage('anna', '1')], new Map())
  if (block === undefined) throw new Error('there is no block')
  expect(() => openBlock(derivedKey('anna'), 2n, block.sealed)).toThrow(
    expect.objectContaining({ code: 'secret-unreadable' }),
  )
})
