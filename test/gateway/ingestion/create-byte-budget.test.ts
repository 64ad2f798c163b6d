import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createByteBudget } from '../../../gateway/ingestion/create-byte-budget.ts'

describe('the byte budget', () => {
  test('bounds all clients together and each by itself, and has everything back at the end', () => {
    const step = fc.record({
      request: fc.nat(5),
      bytes: fc.option(fc.nat(60), { freq: 5 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const budget = createByteBudget({ totalBytes: 100, clientBytes: 50 })
        const leases = Array.from({ length: 6 }, (_, index) => ({
          client: `c${index % 3}`,
          lease: budget.lease(`c${index % 3}`),
          taken: 0,
        }))
        for (const { request, bytes } of steps) {
          const entry = leases[request]
          if (entry === undefined) continue
          if (bytes === null) {
            entry.lease.release()
            entry.taken = 0
          } else {
            const fits = budget.fits(entry.client, bytes)
            expect(entry.lease.take(bytes)).toBe(fits)
            if (fits) entry.taken += bytes
          }
          const own = leases.filter(({ client }) => client === entry.client)
          expect(own.reduce((sum, { taken }) => sum + taken, 0)).toBeLessThanOrEqual(50)
          expect(budget.usedBytes()).toBe(leases.reduce((sum, { taken }) => sum + taken, 0))
          expect(budget.usedBytes()).toBeLessThanOrEqual(100)
        }
        for (const { lease } of leases) lease.release()
        for (const { lease } of leases) lease.release()
        expect(budget.usedBytes()).toBe(0)
      }),
    )
  })
})
