import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { compareDetections, overlapOf, sharedArea } from '../../../workers/faceextract/face-box.ts'
import {
  dropFragments,
  maxOverlap,
  suppressOverlaps,
} from '../../../workers/faceextract/suppress-overlaps.ts'
import { arbitraryBox, arbitraryDetection } from './arbitrary-boxes.ts'

const detections = fc.array(arbitraryDetection, { maxLength: 40 })

describe('suppressing overlaps', () => {
  test('keeps detections of which no two overlap, in order', () => {
    fc.assert(
      fc.property(detections, (found) => {
        const kept = suppressOverlaps(found)
        expect(kept).toEqual(kept.toSorted(compareDetections))
        for (const [at, one] of kept.entries()) {
          for (const other of kept.slice(at + 1)) {
            expect(overlapOf(one.box, other.box)).toBeLessThanOrEqual(maxOverlap)
          }
        }
      }),
    )
  })

  test('leaves out only what overlaps a detection at least as sure', () => {
    fc.assert(
      fc.property(detections, (found) => {
        const kept = suppressOverlaps(found)
        for (const lost of found.filter((detection) => !kept.includes(detection))) {
          const surer = kept.filter(({ score }) => score >= lost.score)
          expect(surer.some(({ box }) => overlapOf(box, lost.box) > maxOverlap)).toBe(true)
        }
      }),
    )
  })

  test('does not depend on the order of its input, and is finished after one pass', () => {
    fc.assert(
      fc.property(detections, (found) => {
        const kept = suppressOverlaps(found)
        expect(suppressOverlaps(found.toReversed())).toEqual(kept)
        expect(suppressOverlaps(kept)).toEqual(kept)
      }),
    )
  })
})

describe('dropping fragments', () => {
  test('drops a part of a face, and keeps the one beside it', () => {
    const face = { score: 0.9, box: { left: 0, top: 0, width: 100, height: 140 } }
    const eye = { score: 0.8, box: { left: 20, top: 40, width: 20, height: 20 } }
    const neighbour = { score: 0.7, box: { left: 90, top: 0, width: 100, height: 140 } }
    expect(dropFragments([eye, face, neighbour])).toEqual([face, neighbour])
  })

  test('keeps the surer of two, also where it is the smaller one', () => {
    const phantom = { score: 0.6, box: { left: 0, top: 0, width: 300, height: 300 } }
    const face = { score: 0.9, box: { left: 100, top: 100, width: 40, height: 50 } }
    expect(dropFragments([phantom, face])).toEqual([face])
  })
})

describe('the overlap of two boxes', () => {
  test('is the same from both sides, from 0 to 1, and 1 with itself', () => {
    fc.assert(
      fc.property(arbitraryBox, arbitraryBox, (one, other) => {
        expect(overlapOf(one, other)).toBeCloseTo(overlapOf(other, one), 9)
        expect(overlapOf(one, other)).toBeGreaterThanOrEqual(0)
        expect(overlapOf(one, other)).toBeLessThanOrEqual(1)
        expect(overlapOf(one, one)).toBeCloseTo(1, 9)
        expect(sharedArea(one, one)).toBeCloseTo(one.width * one.height, 4)
      }),
    )
  })
})
