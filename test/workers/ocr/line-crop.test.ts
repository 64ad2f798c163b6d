import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { cropLine, lineHeight, lineWidths, maxLineWidth } from '../../../workers/ocr/line-crop.ts'
import type { RotatedRectangle } from '../../../workers/ocr/rotated-rectangle.ts'
import type { UprightImage } from '../../../workers/vision/upright-image.ts'

/** Red grows to the right, green downwards, blue is even: each pixel tells where it is. */
const gradient: UprightImage = createImage(200, 200, (x, y) => [x, y, 100])

const arbitraryInside: fc.Arbitrary<RotatedRectangle> = fc.record({
  x: fc.double({ min: 90, max: 110, noNaN: true }),
  y: fc.double({ min: 90, max: 110, noNaN: true }),
  width: fc.double({ min: 20, max: 120, noNaN: true }),
  height: fc.double({ min: 10, max: 40, noNaN: true }),
  angle: fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }),
})

describe('the crop of a line', () => {
  test('holds at each pixel what the image has there, whatever the tilt', () => {
    fc.assert(
      fc.property(
        arbitraryInside,
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (rectangle, share) => {
          const widths = lineWidths(rectangle)
          const crop = cropped(gradient, rectangle)
          const [row, column] = [Math.floor(share * lineHeight), Math.floor(share * widths.content)]
          const along = ((column + 0.5) / widths.content - 0.5) * rectangle.width
          const across = ((row + 0.5) / lineHeight - 0.5) * rectangle.height
          const [cos, sin] = [Math.cos(rectangle.angle), Math.sin(rectangle.angle)]
          const at = row * widths.padded + column
          const plane = lineHeight * widths.padded
          expect(colour(crop[at])).toBeCloseTo(100, 2)
          expect(colour(crop[at + plane])).toBeCloseTo(
            rectangle.y + along * sin + across * cos - 0.5,
            2,
          )
          expect(colour(crop[at + 2 * plane])).toBeCloseTo(
            rectangle.x + along * cos - across * sin - 0.5,
            2,
          )
        },
      ),
    )
  })

  test('is grey behind the line', () => {
    const rectangle = { x: 100, y: 100, width: 50, height: 48, angle: 0 }
    const crop = cropped(
      createImage(200, 200, () => [255, 255, 255]),
      rectangle,
    )
    expect(lineWidths(rectangle)).toEqual({ content: 50, padded: 64 })
    expect([...crop.subarray(0, 64)]).toEqual([
      ...Array<number>(50).fill(1),
      ...Array<number>(14).fill(0),
    ])
  })

  test('goes on with the edge outside the image', () => {
    const crop = cropped(gradient, { x: -200, y: 100, width: 60, height: 48, angle: 0 })
    expect(colour(crop[2 * lineHeight * 64])).toBeCloseTo(0, 2)
  })

  test('averages the pixels of a line that is higher than the recogniser reads', () => {
    const stripes = createImage(400, 400, (x) => (x % 2 === 0 ? [255, 255, 255] : [0, 0, 0]))
    const crop = cropped(stripes, { x: 200, y: 200, width: 192, height: 192, angle: 0 })
    expect(Math.max(...crop) - Math.min(...crop)).toBeLessThan(0.3)
  })

  test('has a bounded width', () => {
    expect(lineWidths({ x: 0, y: 0, width: 1e9, height: 1, angle: 0 }).padded).toBe(maxLineWidth)
    expect(lineWidths({ x: 0, y: 0, width: 1, height: 1e9, angle: 0 }).padded).toBe(32)
  })
})

function cropped(image: UprightImage, rectangle: RotatedRectangle): Float32Array {
  const widths = lineWidths(rectangle)
  const target = new Float32Array(3 * lineHeight * widths.padded).fill(9)
  cropLine(image, rectangle, widths, target)
  return target
}

function colour(value = NaN): number {
  return ((value + 1) * 255) / 2
}

function createImage(
  width: number,
  height: number,
  colourAt: (x: number, y: number) => readonly [number, number, number],
): UprightImage {
  const pixels = Buffer.alloc(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) pixels.set(colourAt(x, y), (y * width + x) * 3)
  }
  return { width, height, pixels }
}
