import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createTokenBucket } from '../../../gateway/firehose/create-token-bucket.ts'

/** Takes from a bucket as a stream does, for so long by a clock that jumps at least `tickMs`. */
function drain(
  rate: number,
  { wanted, tickMs, forMs }: Record<'wanted' | 'tickMs' | 'forMs', number>,
) {
  let nowMs = 0
  const bucket = createTokenBucket(rate, () => nowMs)
  let taken = 0
  while (nowMs < forMs) {
    const waitMs = bucket.waitMs(wanted)
    if (waitMs === 0) taken += bucket.take(wanted)
    else nowMs += Math.max(waitMs, tickMs)
  }
  return taken
}

describe('the token bucket', () => {
  test('gives the rate within 5 % over ten seconds, whatever is wanted and however late timers are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 5_000 }),
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 1, max: 100 }),
        (rate, wanted, tickMs) => {
          const taken = drain(rate, { wanted, tickMs, forMs: 10_000 })
          expect(taken).toBeGreaterThanOrEqual(rate * 10 * 0.95)
          expect(taken).toBeLessThanOrEqual(rate * 10 * 1.05)
        },
      ),
    )
  })

  test('never gives more than the rate and a burst of one second', () => {
    const step = fc.record({
      passMs: fc.integer({ min: 0, max: 5_000 }),
      wanted: fc.integer({ min: 1, max: 1_000 }),
    })
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 10_000, noNaN: true }),
        fc.array(step, { maxLength: 50 }),
        (rate, steps) => {
          let nowMs = 0
          const bucket = createTokenBucket(rate, () => nowMs)
          const taken: { atMs: number; count: number }[] = []
          for (const { passMs, wanted } of steps) {
            nowMs += passMs
            taken.push({ atMs: nowMs, count: bucket.take(wanted) })
          }
          // In every stretch of time.
          const excesses = taken.flatMap(({ atMs }, from) => {
            let sum = 0
            return taken.slice(from).map(({ atMs: thenMs, count }) => {
              sum += count
              return sum - ((thenMs - atMs) / 1000) * rate
            })
          })
          expect(Math.max(0, ...excesses)).toBeLessThanOrEqual(Math.max(1, rate) + 1e-6)
        },
      ),
    )
  })

  test('says how long to wait for so many that a burst can hold, and is right', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 10_000, noNaN: true }),
        fc.integer({ min: 1, max: 1_000 }),
        (rate, wanted) => {
          let nowMs = 0
          const bucket = createTokenBucket(rate, () => nowMs)
          expect(bucket.take(1)).toBe(1)
          nowMs += bucket.waitMs(wanted) + 1
          expect(bucket.waitMs(wanted)).toBe(0)
          expect(bucket.take(wanted)).toBeGreaterThanOrEqual(1)
        },
      ),
    )
  })

  test('holds a burst of one second after a pause, and at least one message', () => {
    let nowMs = 0
    const fast = createTokenBucket(50, () => nowMs)
    const slow = createTokenBucket(0.1, () => nowMs)
    nowMs = 60_000
    expect([fast.take(1_000), fast.take(1_000)]).toEqual([50, 0])
    expect([slow.take(1_000), slow.take(1_000)]).toEqual([1, 0])
  })

  test('limits nothing without a rate', () => {
    const bucket = createTokenBucket(Infinity, () => 0)
    expect([bucket.waitMs(1_000), bucket.take(1_000)]).toEqual([0, 1_000])
  })
})
