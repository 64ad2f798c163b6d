import { describe, expect, test } from '@jest/globals'
import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { fitSummary } from '../../../activities/summary/fit-summary.ts'
import { TransactionSummarySchema } from '../../../proto/gen/com/reactivearchitecturecookbook/summary-v1m0_pb.ts'

describe('a summary that is too long', () => {
  test('loses its longest texts until it fits, and nothing else', () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 2_000 }), { maxLength: 20 })
    fc.assert(
      fc.property(lengths, fc.integer({ min: 200, max: 20_000 }), (sizes, maxBytes) => {
        const texts = sizes.map((size, index) => ({ imageId: `${index}`, text: 'ü'.repeat(size) }))
        const summary = create(TransactionSummarySchema, { revision: 3, texts })
        const fitting = fitSummary(summary, maxBytes)
        expect(fitting.revision).toBe(3)
        const left = fitting.texts.map(({ text }) => text.length)
        const lost = sizes.toSorted((a, b) => b - a).slice(0, sizes.length - left.length)
        expect(Math.min(Infinity, ...lost)).toBeGreaterThanOrEqual(Math.max(0, ...left))
        const length = toBinary(TransactionSummarySchema, fitting).byteLength
        expect(length <= maxBytes || left.every((size) => size === 0)).toBe(true)
      }),
    )
  })

  test('stays as it is where it fits', () => {
    const summary = create(TransactionSummarySchema, { texts: [{ imageId: '1', text: 'a' }] })
    expect(fitSummary(summary, 1_000)).toBe(summary)
  })
})
