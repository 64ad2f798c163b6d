import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { backOffDelayMs, backOffScheduleMs } from '../../../workflows/endpoint/back-off-delay.ts'

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const [shortestMs] = backOffScheduleMs
const day = 24 * 60 * 60 * 1_000

describe('the back-off', () => {
  test.each([
    [1, 5_000],
    [2, 300_000],
    [3, 1_800_000],
    [4, 7_200_000],
    [5, 18_000_000],
    [6, 36_000_000],
    [7, 50_400_000],
    [8, 72_000_000],
    [9, day],
    [10, day],
    [1_000, day],
  ])('after %d failures is at least %d ms', (failures, ms) => {
    expect(backOffDelayMs(failures, undefined, 0)).toBe(ms)
  })

  test('grows by a fifth at most', () => {
    fc.assert(
      fc.property(fc.nat(20), random, (failures, part) => {
        const base = backOffDelayMs(failures, undefined, 0)
        const delay = backOffDelayMs(failures, undefined, part)
        expect(delay).toBeGreaterThanOrEqual(base)
        expect(delay).toBeLessThanOrEqual(base * 1.2)
      }),
    )
  })

  test('honours the endpoint’s own wish, but never comes back at once', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(day), random, (failures, retryAfterMs, part) => {
        const delay = backOffDelayMs(failures, retryAfterMs, part)
        expect(delay).toBeGreaterThanOrEqual(Math.max(retryAfterMs, shortestMs))
        expect(delay).toBeLessThanOrEqual(Math.max(retryAfterMs, shortestMs) * 1.2)
        expect(delay).toBeLessThanOrEqual(day)
      }),
    )
    expect(backOffDelayMs(1, day, 0.999)).toBe(day)
  })
})
