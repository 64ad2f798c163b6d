import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { limitConcurrency } from '../../../lib/process/limit-concurrency.ts'

describe('limitConcurrency', () => {
  test('runs everything, first come first served, and never more at once than it may', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.record({ ticks: fc.nat(4), fails: fc.boolean() }), { maxLength: 20 }),
        async (concurrency, jobs) => {
          const limited = limitConcurrency(concurrency)
          const started: number[] = []
          let running = 0
          const outcomes = await Promise.allSettled(
            jobs.map(({ ticks, fails }, index) =>
              limited(async () => {
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

  test('refuses at once what would wait behind too many', async () => {
    const limited = limitConcurrency(1, 1)
    const gate = Promise.withResolvers<undefined>()
    const running = limited(() => gate.promise)
    const waiting = limited(() => Promise.resolve('second'))
    await expect(limited(() => Promise.resolve('third'))).rejects.toMatchObject({
      code: 'too-busy',
      retryable: true,
    })
    gate.resolve(undefined)
    await running
    expect(await waiting).toBe('second')
    expect(await limited(() => Promise.resolve('fourth'))).toBe('fourth')
  })

  test('goes on after work that failed', async () => {
    const limited = limitConcurrency(1, 5)
    const failing = limited(() => Promise.reject(new Error('no')))
    const next = limited(() => Promise.resolve('yes'))
    await expect(failing).rejects.toThrow('no')
    expect(await next).toBe('yes')
  })
})
