import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { comparePairs, cosineUnit } from '../../../activities/summary/compare-pairs.ts'
import { createTurns } from '../../../activities/summary/create-turns.ts'

const vectors = fc.array(
  fc.int8Array({ maxLength: 40 }).map((components) => new Uint8Array(components.buffer)),
  { maxLength: 13 },
)

/** What the words say, one pair after the other. */
function cosineOf(one: Uint8Array, other: Uint8Array): number {
  const [a, b] = [new Int8Array(one), new Int8Array(other)]
  const product = (x: Int8Array, y: Int8Array) =>
    x.reduce((sum, component, at) => sum + component * (y[at] ?? 0), 0)
  const lengths = Math.sqrt(product(a, a)) * Math.sqrt(product(b, b))
  return lengths === 0 ? 0 : Math.round(product(a, b) / cosineUnit / lengths)
}

describe('the cosines of pairs of faces', () => {
  test('are those of each pair alone, however many are compared, and whichever comes first', async () => {
    await fc.assert(
      fc.asyncProperty(vectors, async (packed) => {
        const pairs = await comparePairs(packed, createTurns())
        expect(pairs.count).toBe(packed.length)
        for (const [one, vector] of packed.entries()) {
          for (const [other, second] of packed.entries()) {
            if (one !== other) expect(pairs.cosine(one, other)).toBe(cosineOf(vector, second))
          }
        }
      }),
    )
  })

  test('are 1 for the same direction, −1 for the opposite one, 0 where there is none', async () => {
    const directions = [Int8Array.of(1, 2), Int8Array.of(10, 20), Int8Array.of(-1, -2)]
    const packed = [...directions, Int8Array.of(0, 0)].map(({ buffer }) => new Uint8Array(buffer))
    const pairs = await comparePairs(packed, createTurns())
    const cosines = [1, 2, 3].map((other) => pairs.cosine(0, other) * cosineUnit)
    expect(cosines).toEqual([1, -1, 0])
  })
})
