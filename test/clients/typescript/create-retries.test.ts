import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createRetries, type RetryOptions } from '../../../clients/typescript/create-retries.ts'

/** Retries by a clock that shows what they have waited. */
function simulate(options: RetryOptions, random = () => 0.999_999) {
  let nowMs = 0
  const retries = createRetries(options, { now: () => nowMs, random })
  return {
    ...retries,
    fail(retryAfterMs?: number) {
      const delayMs = retries.delayAfterFailure(retryAfterMs)
      nowMs += delayMs ?? 0
      return delayMs === undefined ? undefined : Math.round(delayMs)
    },
  }
}

describe('the waits between tries', () => {
  test('double up to the longest, and begin again when it went well', () => {
    const retries = simulate({ firstDelayMs: 100, longestDelayMs: 500 })
    const delays = () => [1, 2, 3, 4, 5].map(() => retries.fail())
    expect(delays()).toEqual([100, 200, 400, 500, 500])
    retries.succeed()
    expect(delays()).toEqual([100, 200, 400, 500, 500])
  })

  test('are at least as long as the server asks for, but for what nobody would wait', () => {
    const retries = simulate({ firstDelayMs: 100 })
    expect([retries.fail(3_000), retries.fail(86_400_000)]).toEqual([3_000, 300_000])
  })

  test('are random, and end before the series of failures has lasted for its time', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60_000 }),
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1 }),
        (forMs, numbers) => {
          let index = 0
          const retries = simulate({ forMs }, () => numbers[index++ % numbers.length] ?? 0)
          let waitedMs = 0
          for (let tries = 0; tries < 100; tries += 1) {
            const delayMs = retries.fail()
            if (delayMs === undefined) break
            waitedMs += delayMs
          }
          expect(waitedMs).toBeLessThanOrEqual(forMs + 50)
        },
      ),
    )
  })

  test('never end where there is no such time', () => {
    const retries = simulate({ forMs: Infinity })
    for (let tries = 0; tries < 1_000; tries += 1) expect(retries.fail()).toBeGreaterThan(0)
  })
})
