import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { rateConfidence } from '../../../workers/faceextract/rate-confidence.ts'

const probability = fc.double({ min: 0, max: 1, noNaN: true })
const score = fc.oneof(fc.constant(0), fc.double({ min: 0.5, max: 1, noNaN: true }))

describe('the confidence', () => {
  test('lies between 0 and 1 and never falls when a score rises', () => {
    fc.assert(
      fc.property(score, score, probability, score, probability, (whole, tile, said, by, more) => {
        const evidence = { wholeScore: whole, tileScore: tile, confirmation: said }
        fc.pre(whole > 0 || tile > 0)
        const confidence = rateConfidence(evidence)
        expect(confidence).toBeGreaterThanOrEqual(0)
        expect(confidence).toBeLessThanOrEqual(1)
        for (const raised of [
          { ...evidence, wholeScore: Math.max(whole, by) },
          { ...evidence, tileScore: Math.max(tile, by) },
          { ...evidence, confirmation: Math.max(said, more) },
        ]) {
          expect(rateConfidence(raised)).toBeGreaterThanOrEqual(confidence)
        }
      }),
    )
  })

  test('of what only a tile has seen needs the confirming model', () => {
    const seen = { wholeScore: 0, tileScore: 0.999 }
    expect(rateConfidence({ ...seen, confirmation: 0.3 })).toBeLessThan(0.7)
    expect(rateConfidence({ ...seen, confirmation: 0.99 })).toBeGreaterThan(0.9)
  })

  test('of a sure hit of the full pass survives a doubtful confirmation, not a plain no', () => {
    const seen = { wholeScore: 0.999, tileScore: 0 }
    expect(rateConfidence({ ...seen, confirmation: 0.4 })).toBeGreaterThan(0.9)
    expect(rateConfidence({ ...seen, confirmation: 0.005 })).toBeLessThan(0.7)
  })
})
