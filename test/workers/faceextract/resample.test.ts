import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { resample } from '../../../workers/faceextract/resample.ts'

describe('resampling', () => {
  test('keeps an even colour at any scale inside the image', () => {
    const size = fc.integer({ min: 1, max: 40 })
    fc.assert(
      fc.property(size, size, size, size, (width, height, outWidth, outHeight) => {
        const image = { width: width + 2, height: height + 2, pixels: even(width + 2, height + 2) }
        const region = { left: 1, top: 1, width, height }
        const result = resample(image, region, outWidth, outHeight)
        expect(result).toHaveLength(outWidth * outHeight * 3)
        result.forEach((value, at) => expect(value).toBeCloseTo([10, 100, 250][at % 3] ?? 0, 2))
      }),
    )
  })

  test('gives back the pixels of a region of the same size', () => {
    const pixels = Uint8Array.from({ length: 5 * 4 * 3 }, (_, at) => (at * 37) % 256)
    const region = { left: 0, top: 0, width: 5, height: 4 }
    expect([...resample({ width: 5, height: 4, pixels }, region, 5, 4)]).toEqual([...pixels])
  })

  test('takes the mean of the pixels that it shrinks', () => {
    const pixels = Uint8Array.from([0, 0, 0, 100, 100, 100, 200, 200, 200, 20, 20, 20])
    const region = { left: 0, top: 0, width: 2, height: 2 }
    expect([...resample({ width: 2, height: 2, pixels }, region, 1, 1)]).toEqual([80, 80, 80])
  })

  test('counts what lies outside the image as black', () => {
    const image = { width: 2, height: 2, pixels: even(2, 2) }
    const half = resample(image, { left: -1, top: 0, width: 2, height: 2 }, 1, 1)
    expect([...half]).toEqual([5, 50, 125])
    const outside = resample(image, { left: 10, top: -10, width: 4, height: 4 }, 2, 2)
    expect([...outside]).toEqual(new Array(12).fill(0))
  })
})

function even(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, at) => [10, 100, 250][at % 3] ?? 0)
}
