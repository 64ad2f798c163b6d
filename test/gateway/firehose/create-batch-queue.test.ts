import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createBatchQueue } from '../../../gateway/firehose/create-batch-queue.ts'

const page = fc.array(
  fc.record({
    type: fc.constantFrom('a', 'b'),
    correlationId: fc.constantFrom('x', 'y'),
    bytes: fc.constantFrom(10, 100_000, 300_000),
  }),
  { maxLength: 20 },
)
const filters = fc.record(
  {
    types: fc.constantFrom(new Set(['a']), new Set(['a', 'b'])),
    correlationIds: fc.constantFrom(new Set(['x']), new Set(['z'])),
  },
  { requiredKeys: [] },
)

test('what is wanted comes in order, in batches within both limits, and the position passes the rest', () => {
  fc.assert(
    fc.property(
      fc.array(page, { maxLength: 5 }),
      filters,
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 8 }),
      (pages, wantedOnly, maxBatch, allowance) => {
        const queue = createBatchQueue({ position: 100n, maxBatch, filters: wantedOnly })
        let offset = 100n
        for (const entries of pages) {
          const messages = entries.map(({ type, correlationId, bytes }) => {
            offset += 1n
            return { offset, type, correlationId, json: Buffer.allocUnsafe(bytes) }
          })
          const expected = messages.filter(
            ({ type, correlationId }) =>
              (wantedOnly.types?.has(type) ?? true) &&
              (wantedOnly.correlationIds?.has(correlationId) ?? true),
          )
          queue.fill({ messages, lastOffset: offset, hasMore: true })
          const taken = []
          while (!queue.isEmpty()) {
            const count = Math.min(queue.wanted(), allowance)
            expect(count).toBeGreaterThanOrEqual(1)
            const batch = queue.take(count)
            expect(batch.messages.length).toBe(count)
            expect(count).toBeLessThanOrEqual(maxBatch)
            const bytes = batch.messages
              .slice(0, -1)
              .reduce((sum, { json }) => sum + json.length, 0)
            expect(bytes).toBeLessThan(256 * 1024)
            taken.push(...batch.messages)
            const next = expected[taken.length]
            // Whoever goes on behind it misses nothing.
            expect(batch.lastOffset).toBe(
              next === undefined ? offset : batch.messages.at(-1)?.offset,
            )
            expect(queue.position()).toBe(batch.lastOffset)
          }
          expect(taken).toEqual(expected)
          expect(queue.position()).toBe(offset)
        }
      },
    ),
    { numRuns: 50 },
  )
})
