import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readFailureCounts, writeFailureCounts } from '../../../lib/kafka/failure-counts.ts'

/** What a broker keeps with an offset by default (`offset.metadata.max.bytes`). */
const maxMetadataBytes = 4_096
const offsets = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })
const counts = (maxLength: number) =>
  fc
    .uniqueArray(fc.tuple(offsets, fc.integer({ min: 1, max: 99 })), {
      selector: ([offset]) => offset,
      maxLength,
    })
    .map((entries) => new Map(entries))

describe('failure counts', () => {
  test('are read as they were written, from the committed offset on', () => {
    fc.assert(
      fc.property(counts(100), offsets, (written, from) => {
        const expected = [...written].filter(([offset]) => offset >= from)
        expect(readFailureCounts(writeFailureCounts(written, from))).toEqual(new Map(expected))
      }),
    )
  })

  test('always fit into the metadata of an offset', () => {
    const many = new Map(
      Array.from(
        { length: 1_000 },
        (_, index) => [2n ** 63n - 1_000n + BigInt(index), 99] as const,
      ),
    )
    const metadata = writeFailureCounts(many, 0n)
    expect(Buffer.byteLength(metadata)).toBeLessThanOrEqual(maxMetadataBytes)
    expect(readFailureCounts(metadata).has(2n ** 63n - 1_000n)).toBe(true)
  })

  test('are none where there is nothing to say', () => {
    expect(writeFailureCounts(new Map(), 0n)).toBe('')
    expect(readFailureCounts('')).toEqual(new Map())
    expect(readFailureCounts(null)).toEqual(new Map())
  })

  test('are none in metadata of another origin', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (metadata) => {
        expect(() => readFailureCounts(metadata)).not.toThrow()
      }),
    )
    expect(readFailureCounts('{"failures":{"x":1,"7":"many","8":2}}')).toEqual(new Map([[8n, 2]]))
  })
})
