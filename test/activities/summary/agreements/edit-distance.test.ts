import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { editDistance } from '../../../../activities/summary/agreements/edit-distance.ts'
import {
  differAtLeast,
  letterPairsOf,
} from '../../../../activities/summary/agreements/letter-pairs.ts'

const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', 'é'), maxLength: 12 })

/** By its definition. */
function plainDistance(one: string, other: string): number {
  if (one === '' || other === '') return one.length + other.length
  const rest = plainDistances(one, other)
  return Math.min(
    rest.replaced + (one.at(-1) === other.at(-1) ? 0 : 1),
    rest.dropped + 1,
    rest.added + 1,
  )
}

const known = new Map<string, number>()

function plainDistances(one: string, other: string) {
  const distance = (a: string, b: string) => {
    const key = `${a} ${b}`
    const value = known.get(key) ?? plainDistance(a, b)
    known.set(key, value)
    return value
  }
  return {
    replaced: distance(one.slice(0, -1), other.slice(0, -1)),
    dropped: distance(one.slice(0, -1), other),
    added: distance(one, other.slice(0, -1)),
  }
}

describe('editDistance', () => {
  test('is the number of edits where that is within the limit, else nothing', () => {
    fc.assert(
      fc.property(text, text, fc.nat({ max: 6 }), (one, other, limit) => {
        const distance = plainDistance(one, other)
        expect(editDistance(one, other, limit)).toBe(distance <= limit ? distance : undefined)
      }),
    )
  })
})

describe('the pairs of letters of two texts', () => {
  test('never promise more edits than there are', () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        const least = differAtLeast(letterPairsOf(one), letterPairsOf(other))
        expect(least).toBeLessThanOrEqual(plainDistance(one, other))
      }),
    )
  })

  test('tell unrelated texts apart', () => {
    const pairs = ['johanneskepler', 'whateverelse'].map(letterPairsOf)
    expect(differAtLeast(...(pairs as [never, never]))).toBeGreaterThan(2)
  })
})
