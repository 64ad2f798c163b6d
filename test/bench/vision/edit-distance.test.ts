import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { editDistance, unorderedDistance } from '../../../bench/vision/edit-distance.ts'
import { characterErrorRate } from '../../workers/ocr/character-error-rate.ts'

/** Few letters, so that texts have some in common; one is outside the basic plane. */
const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '😀'), maxLength: 12 })
const lines = fc.array(text, { maxLength: 6 })

describe('editDistance', () => {
  test.each([
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['same', 'same', 0],
    ['a😀b', 'ab', 1],
  ])('of %p and %p is %p', (one, other, distance) => {
    expect(editDistance(one, other)).toBe(distance)
  })

  test('is a metric', () => {
    fc.assert(
      fc.property(text, text, text, (one, other, third) => {
        const distance = editDistance(one, other)
        expect(distance === 0).toBe(one === other)
        expect(editDistance(other, one)).toBe(distance)
        expect(distance).toBeLessThanOrEqual(editDistance(one, third) + editDistance(third, other))
      }),
    )
  })

  test('is what other code counts', () => {
    const plain = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(plain, plain, (one, other) => {
        const rate = characterErrorRate(other, one)
        expect(editDistance(one, other)).toBe(Math.round(rate * one.length))
      }),
    )
  })
})

describe('unorderedDistance', () => {
  test('is the same whatever the order of the lines, and 0 for the same lines only', () => {
    const shuffledTwice = lines.chain((one) =>
      fc.tuple(fc.constant(one), fc.shuffledSubarray(one, { minLength: one.length })),
    )
    fc.assert(
      fc.property(shuffledTwice, lines, ([one, shuffled], other) => {
        expect(unorderedDistance(one, shuffled)).toBe(0)
        // With ties between pairs the order may choose: the lengths that are left stay the same or less.
        const bound = [...one, ...other].reduce((sum, line) => sum + Array.from(line).length, 0)
        expect(unorderedDistance(one, other)).toBeLessThanOrEqual(bound)
        if (unorderedDistance(one, other) === 0) {
          const inked = (all: readonly string[]) => all.filter((line) => line !== '').toSorted()
          expect(inked(other)).toEqual(inked(one))
        }
      }),
    )
  })

  test('charges what is lost and what is invented in full', () => {
    expect(unorderedDistance(['abc', 'de'], ['de'])).toBe(3)
    expect(unorderedDistance(['de'], ['xy z', 'de'])).toBe(4)
    expect(unorderedDistance(['total 12.50', 'cash'], ['cash', 'total 12,50'])).toBe(1)
  })
})
