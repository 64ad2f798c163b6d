import fc from 'fast-check'
import type { RotatedRectangle } from '../../../workers/ocr/rotated-rectangle.ts'

/** Rectangles whose reading direction is the side next to horizontal. */
export const arbitraryRectangle: fc.Arbitrary<RotatedRectangle> = fc.record({
  x: fc.double({ min: -500, max: 500, noNaN: true }),
  y: fc.double({ min: -500, max: 500, noNaN: true }),
  width: fc.double({ min: 5, max: 400, noNaN: true }),
  height: fc.double({ min: 5, max: 400, noNaN: true }),
  angle: fc.double({ min: -0.78, max: 0.78, noNaN: true }),
})

/** Corners of pixels. */
export const arbitraryPoints = fc.array(
  fc.record({ x: fc.integer({ min: 0, max: 100 }), y: fc.integer({ min: 0, max: 100 }) }),
  { minLength: 1, maxLength: 40 },
)
