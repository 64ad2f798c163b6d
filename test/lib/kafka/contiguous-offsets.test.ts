import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createContiguousOffsets } from '../../../lib/kafka/contiguous-offsets.ts'

/** Offsets with gaps, and an order in which some of them complete. */
const histories = fc
  .uniqueArray(fc.bigInt({ min: 0n, max: 500n }), { minLength: 1, maxLength: 60 })
  .map((offsets) => offsets.toSorted((a, b) => Number(a - b)))
  .chain((offsets) =>
    fc.record({ offsets: fc.constant(offsets), completed: fc.shuffledSubarray(offsets) }),
  )

describe('createContiguousOffsets', () => {
  test('says up to where everything is done, whatever the order of completion', () => {
    fc.assert(
      fc.property(histories, ({ offsets, completed }) => {
        const followed = createContiguousOffsets()
        for (const offset of offsets) followed.add(offset)
        const done = new Set<bigint>()
        for (const offset of completed) {
          followed.complete(offset)
          done.add(offset)
          const open = offsets.findIndex((candidate) => !done.has(candidate))
          expect(followed.firstIncomplete()).toBe(offsets[open])
          expect(followed.completedOffset()).toBe(open < 0 ? offsets.at(-1) : offsets[open - 1])
        }
      }),
    )
  })

  test('takes records while others complete', () => {
    fc.assert(
      fc.property(histories, fc.nat(), ({ offsets }, seed) => {
        const followed = createContiguousOffsets()
        const open: bigint[] = []
        for (const [index, offset] of offsets.entries()) {
          followed.add(offset)
          open.push(offset)
          const [completed] = open.splice((seed + index) % open.length, index % 2)
          if (completed !== undefined) followed.complete(completed)
          expect(followed.firstIncomplete()).toBe(open[0])
        }
        for (const offset of open) followed.complete(offset)
        expect(followed.completedOffset()).toBe(offsets.at(-1))
        expect(followed.firstIncomplete()).toBeUndefined()
      }),
    )
  })

  test('does not mind a record that completes twice or was never added', () => {
    const followed = createContiguousOffsets()
    followed.add(4n)
    followed.add(9n)
    followed.complete(7n)
    followed.complete(4n)
    followed.complete(4n)
    expect(followed.completedOffset()).toBe(4n)
    expect(followed.firstIncomplete()).toBe(9n)
  })

  test('knows nothing at first', () => {
    expect(createContiguousOffsets().completedOffset()).toBeUndefined()
    expect(createContiguousOffsets().firstIncomplete()).toBeUndefined()
  })
})
