import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readOcrSettings } from '../../../workers/ocr/ocr-settings.ts'

const arbitraryRegion = fc.tuple(
  fc.nat({ max: 10_000 }),
  fc.nat({ max: 10_000 }),
  fc.integer({ min: 1, max: 10_000 }),
  fc.integer({ min: 1, max: 10_000 }),
)

describe('the value of a claim', () => {
  test.each([true, {}])('%j means the whole image, lines of 0.5 and more', (value) => {
    expect(readOcrSettings(value)).toEqual({ minConfidence: 0.5, detectionSide: 960 })
  })

  test('sets the confidence, the size for the detector and the regions', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 320, max: 2560 }),
        fc.array(arbitraryRegion, { minLength: 1, maxLength: 32 }),
        (minConfidence, detectionSide, regions) => {
          expect(readOcrSettings({ minConfidence, detectionSide, regions })).toEqual({
            minConfidence,
            detectionSide,
            regions: regions.map(([left, top, width, height]) => ({ left, top, width, height })),
          })
        },
      ),
    )
  })

  test.each([
    false,
    null,
    undefined,
    1,
    'true',
    [],
    { minConfidence: 1.1 },
    { minConfidence: Number.NaN },
    { minConfidence: '0.5' },
    { detectionSide: 319 },
    { detectionSide: 2561 },
    { detectionSide: 960.5 },
    { regions: [] },
    { regions: [[0, 0, 10]] },
    { regions: [[0, 0, 10, 0]] },
    { regions: [[-1, 0, 10, 10]] },
    { regions: [[0.5, 0, 10, 10]] },
    { regions: [[0, 0, 10, 10, 10]] },
    { regions: Array.from({ length: 33 }, () => [0, 0, 10, 10]) },
    { language: 'en' },
  ])('%j is malformed', (value) => {
    expect(() => readOcrSettings(value)).toThrow(
      expect.objectContaining({ code: 'claim-malformed', retryable: false }),
    )
  })
})
