import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeDetections, minScore } from '../../../workers/faceextract/face-detector.ts'
import { mergePasses } from '../../../workers/faceextract/find-candidates.ts'
import { arbitraryDetection } from './arbitrary-boxes.ts'

describe('decoding the outputs of the detector', () => {
  test('takes the second score of each anchor, and scales the corners to the window', () => {
    const scores = Float32Array.from([0.1, 0.9, 1, 0.4])
    const boxes = Float32Array.from([0.25, 0.5, 0.5, 0.75, 0, 0, 1, 1])
    const [hit, ...rest] = decodeDetections(scores, boxes, 100, 10)
    expect(rest).toEqual([])
    expect(hit?.score).toBeCloseTo(0.9, 5)
    expect(hit?.box).toEqual({ left: 180, top: 130, width: 80, height: 60 })
  })

  test('leaves out boxes without area and scores below the least', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: 0, max: 1, noNaN: true })), (values) => {
        const anchors = Math.floor(values.length / 6)
        const scores = Float32Array.from(values.slice(0, anchors * 2))
        const boxes = Float32Array.from(values.slice(anchors * 2, anchors * 6))
        for (const { score, box } of decodeDetections(scores, boxes, 0, 0)) {
          expect(score).toBeGreaterThanOrEqual(minScore)
          expect(Math.min(box.width, box.height)).toBeGreaterThan(0)
        }
      }),
    )
  })
})

describe('joining the passes', () => {
  test('gives each candidate its own score from the pass that saw it best', () => {
    const detections = fc.array(arbitraryDetection, { maxLength: 20 })
    fc.assert(
      fc.property(detections, detections, (whole, tiled) => {
        for (const candidate of mergePasses(whole, tiled)) {
          expect(Math.max(candidate.wholeScore, candidate.tileScore)).toBe(candidate.score)
        }
      }),
    )
  })

  test('says 0 for a pass that has not seen the face', () => {
    const face = { score: 0.9, box: { left: 0, top: 0, width: 30, height: 40 } }
    expect(mergePasses([], [face])).toEqual([{ ...face, wholeScore: 0, tileScore: 0.9 }])
    expect(mergePasses([face], [])).toEqual([{ ...face, wholeScore: 0.9, tileScore: 0 }])
  })
})
