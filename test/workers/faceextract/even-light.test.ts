import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { alignedSide } from '../../../workers/faceextract/align-face.ts'
import { evenLight } from '../../../workers/faceextract/even-light.ts'

const size = alignedSide * alignedSide * 3

/** A face with these levels in turn, times `brightness`. */
const lit = (levels: readonly number[], brightness: number) =>
  Float32Array.from({ length: size }, (_, at) => (levels[at % levels.length] ?? 0) * brightness)

describe('even light', () => {
  test('makes a face look the same whether it was taken in more light or less', () => {
    const levels = fc.array(fc.integer({ min: 60, max: 120 }), { minLength: 3, maxLength: 9 })
    fc.assert(
      fc.property(levels, fc.double({ min: 0.5, max: 1.2, noNaN: true }), (face, brightness) => {
        const one = evenLight(lit(face, 1))
        const other = evenLight(lit(face, brightness))
        expect(
          Math.max(...one.map((value, at) => Math.abs(value - (other[at] ?? 0)))),
        ).toBeLessThan(0.01)
      }),
      { numRuns: 20 },
    )
  })

  test('keeps values within what an image has, and makes no face of the dark', () => {
    expect(Math.max(...evenLight(lit([10, 250, 20], 0.3)))).toBeLessThanOrEqual(255)
    expect(evenLight(lit([2], 1))[0]).toBe(8)
    expect(evenLight(new Float32Array(size))).toEqual(new Float32Array(size))
  })
})
