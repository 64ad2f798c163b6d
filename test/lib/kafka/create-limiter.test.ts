import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createLimiter } from '../../../lib/kafka/create-limiter.ts'

describe('createLimiter', () => {
  test('runs everything, in order, and never more at once than it may', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.record({ ticks: fc.nat(4), fails: fc.boolean() }), { maxLength: 20 }),
        async (concurrency, jobs) => {
          const limit = createLimiter(concurrency)
          const started: number[] = []
          let running = 0
          const outcomes = await Promise.allSettled(
            jobs.map(({ ticks, fails }, index) =>
              limit(async () => {
                started.push(index)
                running += 1
                expect(running).toBeLessThanOrEqual(concurrency)
                for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve()
                running -= 1
                if (fails) throw new Error('on purpose')
              }),
            ),
          )
          expect(started).toEqual(jobs.map((_, index) => index))
          expect(outcomes.map(({ status }) => status === 'rejected')).toEqual(
            jobs.map(({ fails }) => fails),
          )
        },
      ),
    )
  })
})
