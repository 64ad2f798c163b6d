import fc from 'fast-check'
import type { Detection, FaceBox } from '../../../workers/faceextract/face-box.ts'

const span = { noNaN: true, noDefaultInfinity: true } as const

/** A box with an area, on and around an image of 1000 × 1000. */
export const arbitraryBox: fc.Arbitrary<FaceBox> = fc.record({
  left: fc.double({ min: -100, max: 1000, ...span }),
  top: fc.double({ min: -100, max: 1000, ...span }),
  width: fc.double({ min: 1, max: 400, ...span }),
  height: fc.double({ min: 1, max: 400, ...span }),
})

/** A box with a score; scores repeat, so that ties occur. */
export const arbitraryDetection: fc.Arbitrary<Detection> = fc.record({
  box: arbitraryBox,
  score: fc.oneof(fc.constantFrom(0.5, 0.9, 1), fc.double({ min: 0.5, max: 1, ...span })),
})
