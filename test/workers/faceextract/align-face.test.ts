import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { alignFace, alignedSide } from '../../../workers/faceextract/align-face.ts'
import type { Point } from '../../../workers/faceextract/face-box.ts'
import type { RgbPixels } from '../../../workers/faceextract/resample.ts'

/** Where the recogniser wants the features, to the pixel. */
const places: readonly Point[] = [
  { x: 38.2946, y: 51.6963 },
  { x: 73.5318, y: 51.5014 },
  { x: 56.0252, y: 71.7366 },
  { x: 41.5493, y: 92.3655 },
  { x: 70.7299, y: 92.2041 },
]

/** An image whose values are `value(x, y)` at the centres of its pixels. */
function paint(side: number, value: (x: number, y: number) => number): RgbPixels {
  const pixels = new Uint8Array(side * side * 3)
  for (let at = 0; at < side * side; at += 1) {
    const level = Math.round(value((at % side) + 0.5, Math.floor(at / side) + 0.5))
    pixels.fill(Math.min(255, Math.max(0, level)), at * 3, at * 3 + 3)
  }
  return { width: side, height: side, pixels }
}

/** Landmarks of a face of this size and direction in the middle of an image. */
function landmarksOf(side: number, scale: number, degrees: number): Point[] {
  const angle = (degrees * Math.PI) / 180
  return places.map(({ x, y }) => {
    const [dx, dy] = [(x - 56) * scale, (y - 72) * scale]
    return {
      x: side / 2 + dx * Math.cos(angle) - dy * Math.sin(angle),
      y: side / 2 + dx * Math.sin(angle) + dy * Math.cos(angle),
    }
  })
}

const valueAt = (rgb: Float32Array, { x, y }: Point) =>
  rgb[(Math.round(y) * alignedSide + Math.round(x)) * 3] ?? -1

describe('an aligned face', () => {
  test('has its features in their places, however large and tilted it was', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.6, max: 2.4, noNaN: true }),
        fc.integer({ min: -60, max: 60 }),
        fc.integer({ min: 0, max: 4 }),
        (scale, degrees, feature) => {
          const side = 320
          const landmarks = landmarksOf(side, scale, degrees)
          const spot = landmarks[feature] ?? { x: 0, y: 0 }
          const radius = 4 * scale
          const image = paint(side, (x, y) =>
            Math.hypot(x - spot.x, y - spot.y) < radius ? 255 : 0,
          )
          const aligned = alignFace(image, landmarks)
          expect(aligned?.scale).toBeCloseTo(1 / scale, 3)
          for (const [index, place] of places.entries()) {
            const value = valueAt(aligned?.rgb ?? new Float32Array(0), place)
            if (index === feature) expect(value).toBeGreaterThan(200)
            else expect(value).toBeLessThan(50)
          }
        },
      ),
      { numRuns: 30 },
    )
  })

  test('is an average of its pixels where it becomes much smaller, not a choice of them', () => {
    const side = 1_200
    const stripes = paint(side, (x) => (Math.floor(x) % 2 === 0 ? 255 : 0))
    const { rgb } = alignFace(stripes, landmarksOf(side, 8, 0)) ?? { rgb: new Float32Array(0) }
    expect(Math.max(...rgb) - Math.min(...rgb)).toBeLessThan(60)
  })

  test('is black beyond the edge of the image', () => {
    const image = paint(200, () => 200)
    const landmarks = landmarksOf(200, 1, 0).map(({ x, y }) => ({ x: x - 100, y }))
    const { rgb } = alignFace(image, landmarks) ?? { rgb: new Float32Array(0) }
    expect(valueAt(rgb, { x: 2, y: 56 })).toBe(0)
    expect(valueAt(rgb, { x: 110, y: 56 })).toBeCloseTo(200, 1)
  })

  test('is none where the landmarks are one point', () => {
    const image = paint(20, () => 0)
    expect(
      alignFace(
        image,
        places.map(() => ({ x: 5, y: 5 })),
      ),
    ).toBeUndefined()
  })
})
