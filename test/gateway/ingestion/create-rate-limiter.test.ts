import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createRateLimiter } from '../../../gateway/ingestion/create-rate-limiter.ts'

function createClock() {
  const clock = { ms: 0 }
  return { clock, limiter: createRateLimiter({ now: () => clock.ms }) }
}

describe('the rate limiter', () => {
  test('allows bursts of one second’s worth', () => {
    const { limiter } = createClock()
    const waits = Array.from({ length: 6 }, () => limiter.take('a', 1, 5))
    expect(waits).toEqual([0, 0, 0, 0, 0, 200])
  })

  test('allows one image at least, and says when the next is allowed', () => {
    const { clock, limiter } = createClock()
    expect(limiter.take('a', 1, 0.1)).toBe(0)
    expect(limiter.take('a', 1, 0.1)).toBe(10_000)
    clock.ms = 9_999
    expect(limiter.take('a', 1, 0.1)).toBeGreaterThan(0)
    clock.ms = 10_000
    expect(limiter.take('a', 1, 0.1)).toBe(0)
  })

  test('counts clients apart, and forgets none that is still in debt', () => {
    const { limiter } = createClock()
    expect(limiter.take('a', 1, 1)).toBe(0)
    for (let index = 0; index < 5_000; index += 1) expect(limiter.take(`c${index}`, 1, 1)).toBe(0)
    expect(limiter.take('a', 1, 1)).toBe(1_000)
  })

  test('gives back what a refused request had taken', () => {
    const { limiter } = createClock()
    limiter.take('a', 1, 1)
    limiter.giveBack('a', 1)
    expect(limiter.take('a', 1, 1)).toBe(0)
  })

  test('never lets more through in any time than the rate allows', () => {
    const requests = fc.array(
      fc.record({ pauseMs: fc.nat(2_000), images: fc.integer({ min: 1, max: 8 }) }),
      {
        maxLength: 60,
      },
    )
    fc.assert(
      fc.property(fc.double({ min: 0.2, max: 50, noNaN: true }), requests, (rate, all) => {
        const { clock, limiter } = createClock()
        let accepted = 0
        for (const { pauseMs, images } of all) {
          clock.ms += pauseMs
          if (limiter.take('a', images, rate) === 0) accepted += images
        }
        expect(accepted).toBeLessThanOrEqual(Math.max(1, rate) + (rate * clock.ms) / 1000 + 1e-6)
      }),
    )
  })
})
