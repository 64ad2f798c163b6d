import { describe, expect, test } from '@jest/globals'
import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { fitSummary } from '../../../activities/summary/fit-summary.ts'
import { TransactionSummarySchema } from '../../../proto/gen/com/reactivearchitecturecookbook/summary-v1m1_pb.ts'

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

  test('fits whatever it is made of, with each list as it began', () => {
    const text = fc.string({ maxLength: 300 })
    const summaries = fc.record({
      images: fc.array(
        fc.record({
          imageId: text,
          services: fc.array(
            fc.record({ service: text, failure: fc.record({ code: text, detail: text }) }),
            { maxLength: 3 },
          ),
        }),
      ),
      people: fc.array(
        fc.record({
          personId: text,
          faces: fc.array(fc.record({ imageId: text, similarity: fc.double() }), { maxLength: 4 }),
        }),
      ),
      texts: fc.array(fc.record({ imageId: text, text })),
      agreements: fc.array(
        fc.record({ text, occurrences: fc.array(fc.record({ imageId: text, text })) }),
      ),
      missing: fc.array(fc.record({ imageId: text, service: text })),
      missingImages: fc.nat(),
    })
    fc.assert(
      fc.property(summaries, fc.integer({ min: 100, max: 5_000 }), (init, maxBytes) => {
        const summary = create(TransactionSummarySchema, { revision: 3, ...init })
        const fitting = fitSummary(summary, maxBytes)
        expect(toBinary(TransactionSummarySchema, fitting).byteLength).toBeLessThanOrEqual(maxBytes)
        const { images, people, agreements, missing, missingImages } = fitting
        expect(missingImages).toBe(summary.missingImages)
        expect(people).toEqual(summary.people.slice(0, people.length))
        expect(agreements).toEqual(summary.agreements.slice(0, agreements.length))
        expect(missing).toEqual(summary.missing.slice(0, missing.length))
        const ids = (list: readonly { imageId: string }[]) => list.map(({ imageId }) => imageId)
        expect(ids(images)).toEqual(ids(summary.images.slice(0, images.length)))
        // What is missed most goes last.
        if (people.length < summary.people.length) expect(agreements).toEqual([])
        if (images.length < summary.images.length) expect([people, missing]).toEqual([[], []])
      }),
    )
  })

  test('stays as it is where it fits', () => {
    const summary = create(TransactionSummarySchema, { texts: [{ imageId: '1', text: 'a' }] })
    expect(fitSummary(summary, 1_000)).toBe(summary)
  })
})
