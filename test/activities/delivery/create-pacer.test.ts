import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createPacer } from '../../../activities/delivery/create-pacer.ts'

describe('a pacer', () => {
  test('never lets more pass than one burst and the rate allow', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 1_000, noNaN: true }),
        fc.array(fc.integer({ min: 0, max: 2_000 }), { maxLength: 200 }),
        (rate, gaps) => {
          const pacer = createPacer(rate)
          let nowMs = 0
          let passed = 0
          for (const gap of gaps) {
            nowMs += gap
            if (pacer.take(nowMs) === 0) passed += 1
          }
          expect(passed).toBeLessThanOrEqual(Math.max(1, rate) + (rate * nowMs) / 1_000 + 1e-6)
        },
      ),
    )
  })

  test('lets the next message pass after the time that it names', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 1_000, noNaN: true }), (rate) => {
        const pacer = createPacer(rate)
        let waitMs = 0
        while (waitMs === 0) waitMs = pacer.take(0)
        expect(pacer.take(waitMs)).toBe(0)
      }),
    )
  })

  test('lets everything pass without a rate', () => {
    const pacer = createPacer(undefined)
    expect(Array.from({ length: 1_000 }, () => pacer.take(0))).toEqual(Array(1_000).fill(0))
  })
})
