import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createCoalescer } from '../../../lib/journal/create-coalescer.ts'

describe('the coalescer', () => {
  test('gives each request its own result, runs one at a time, in order and within bounds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(3), { maxLength: 60 }),
        fc.integer({ min: 1, max: 10 }),
        async (pauses, maxRequests) => {
          const served: number[] = []
          let running = 0
          const coalesce = createCoalescer<number, number>({
            maxRequests,
            async run(requests) {
              running += 1
              expect(running).toBe(1)
              expect(requests.length).toBeLessThanOrEqual(maxRequests)
              served.push(...requests)
              await new Promise((resolve) => setImmediate(resolve))
              running -= 1
              return requests.map((request) => request * 2)
            },
          })
          const results: Promise<number>[] = []
          for (const [index, pause] of pauses.entries()) {
            results.push(coalesce(index))
            if (pause === 0) await new Promise((resolve) => setImmediate(resolve))
          }
          await expect(Promise.all(results)).resolves.toEqual(pauses.map((_, index) => index * 2))
          expect(served).toEqual(pauses.map((_, index) => index))
        },
      ),
    )
  })

  test('brings requests of one turn together', async () => {
    const sizes: number[] = []
    const coalesce = createCoalescer<number, number>({
      maxRequests: 100,
      run(requests) {
        sizes.push(requests.length)
        return Promise.resolve(requests)
      },
    })
    await Promise.all([1, 2, 3].map(coalesce))
    expect(sizes).toEqual([3])
  })

  test('rejects what waits when a run fails, and goes on afterwards', async () => {
    const failure = new Error('away')
    let isAway = true
    const coalesce = createCoalescer<number, number>({
      maxRequests: 1,
      run: (requests) => (isAway ? Promise.reject(failure) : Promise.resolve(requests)),
    })
    const settled = await Promise.allSettled([coalesce(1), coalesce(2)])
    expect(settled).toEqual([
      { status: 'rejected', reason: failure },
      { status: 'rejected', reason: failure },
    ])
    isAway = false
    await expect(coalesce(3)).resolves.toBe(3)
  })
})
