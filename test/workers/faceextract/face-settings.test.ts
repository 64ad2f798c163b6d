import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { readFaceSettings } from '../../../workers/faceextract/face-settings.ts'

describe('the value of a claim', () => {
  test.each([true, {}])('%j means faces of 0.7 and more, all of them', (value) => {
    expect(readFaceSettings(value)).toEqual({
      minConfidence: 0.7,
      maxFaces: Number.MAX_SAFE_INTEGER,
    })
  })

  test('sets the confidence and the number of faces', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (minConfidence, more) => {
        const value = { minConfidence, maxFaces: more + 1 }
        expect(readFaceSettings(value)).toEqual(value)
      }),
    )
  })

  test.each([
    false,
    null,
    undefined,
    'true',
    1,
    [],
    { minConfidence: 1.01 },
    { minConfidence: -0.1 },
    { minConfidence: '0.9' },
    { minConfidence: Number.NaN },
    { maxFaces: 0 },
    { maxFaces: 1.5 },
    { minConfidence: 0.9, detectionSide: 960 },
  ])('%j is malformed', (value) => {
    expect(() => readFaceSettings(value)).toThrow(
      expect.objectContaining({ code: 'claim-malformed', retryable: false }),
    )
  })
})
