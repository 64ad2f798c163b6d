import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createCursor } from '../../../activities/delivery/create-cursor.ts'

describe('the cursor', () => {
  test('stands at the end of the settled prefix, in whatever order messages end', () => {
    const positions = fc.uniqueArray(fc.integer({ min: 1, max: 1_000 }), { maxLength: 50 })
    fc.assert(
      fc.property(positions, fc.infiniteStream(fc.nat()), (unordered, choices) => {
        const taken = unordered.toSorted((a, b) => a - b)
        const cursor = createCursor(0)
        taken.forEach((position) => cursor.take(position))
        const open = [...taken]
        while (open.length > 0) {
          const [settled] = open.splice((choices.next().value ?? 0) % open.length, 1)
          cursor.settle(settled ?? 0)
          const before = taken.filter((position) => position < (open[0] ?? Infinity))
          expect(cursor.position()).toBe(before.at(-1) ?? 0)
        }
      }),
    )
  })

  test('starts where it was left', () => {
    expect(createCursor(17).position()).toBe(17)
  })
})
