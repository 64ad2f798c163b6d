import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { matchBoxes, type FoundBox } from '../../../bench/vision/match-boxes.ts'
import { overlapOf, type FaceBox } from '../../../workers/faceextract/face-box.ts'

const side = fc.integer({ min: 1, max: 40 })
const box: fc.Arbitrary<FaceBox> = fc.record({
  ...{ left: fc.integer({ min: 0, max: 60 }), top: fc.integer({ min: 0, max: 60 }) },
  ...{ width: side, height: side },
})
const found: fc.Arbitrary<FoundBox> = fc.record({
  box,
  confidence: fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
})

describe('matchBoxes', () => {
  test('uses no box twice, and matches only what overlaps enough', () => {
    fc.assert(
      fc.property(
        fc.array(box, { maxLength: 8 }),
        fc.array(found, { maxLength: 8 }),
        (wanted, boxes) => {
          const matches = matchBoxes(wanted, boxes, 0.5)
          expect(new Set(matches.map((match) => match.wanted)).size).toBe(matches.length)
          expect(new Set(matches.map((match) => match.found)).size).toBe(matches.length)
          for (const match of matches) {
            const [face, hit] = [wanted[match.wanted], boxes[match.found]]
            if (face === undefined || hit === undefined) throw new Error('no such box')
            expect(match.overlap).toBe(overlapOf(face, hit.box))
            expect(match.overlap).toBeGreaterThanOrEqual(0.5)
          }
        },
      ),
    )
  })

  test('leaves no pair over that overlaps enough', () => {
    fc.assert(
      fc.property(
        fc.array(box, { maxLength: 8 }),
        fc.array(found, { maxLength: 8 }),
        (wanted, boxes) => {
          const matches = matchBoxes(wanted, boxes, 0.3)
          const [usedFaces, usedBoxes] = [
            new Set(matches.map((match) => match.wanted)),
            new Set(matches.map((match) => match.found)),
          ]
          const left = wanted.flatMap((face, at) =>
            usedFaces.has(at)
              ? []
              : boxes.filter(
                  (hit, index) => !usedBoxes.has(index) && overlapOf(face, hit.box) >= 0.3,
                ),
          )
          expect(left).toEqual([])
        },
      ),
    )
  })

  test('gives a face to the surest of two boxes, however well the other fits', () => {
    const face = { left: 0, top: 0, width: 10, height: 10 }
    const sure = { box: { left: 2, top: 0, width: 10, height: 10 }, confidence: 0.9 }
    const fitting = { box: face, confidence: 0.8 }
    expect(matchBoxes([face], [fitting, sure], 0.5)).toMatchObject([{ wanted: 0, found: 1 }])
  })
})
