import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { partitionFor } from '../../../lib/kafka/partition-for.ts'

const partitions = fc.integer({ min: 1, max: 64 })

describe('partitionFor', () => {
  test('keeps a transaction in one partition that exists', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), partitions, (clientId, correlationId, count) => {
        const partition = partitionFor({ clientId, correlationId }, count)
        expect(partition).toBeGreaterThanOrEqual(0)
        expect(partition).toBeLessThan(count)
        expect(partitionFor({ clientId, correlationId }, count)).toBe(partition)
      }),
    )
  })

  test('spreads a client over four neighbouring partitions', () => {
    fc.assert(
      fc.property(fc.string(), (clientId) => {
        const used = new Set(
          Array.from({ length: 200 }, (_, index) =>
            partitionFor({ clientId, correlationId: `case-${index}` }, 12),
          ),
        )
        expect(used.size).toBe(4)
        const first = [...used].find((partition) => !used.has((partition + 11) % 12)) ?? 0
        expect(used).toEqual(new Set([0, 1, 2, 3].map((step) => (first + step) % 12)))
      }),
    )
  })

  test('spreads clients over all partitions', () => {
    const used = Array.from({ length: 300 }, (_, index) =>
      partitionFor({ clientId: `client-${index}`, correlationId: 'case' }, 12),
    )
    expect(new Set(used).size).toBe(12)
  })
})
