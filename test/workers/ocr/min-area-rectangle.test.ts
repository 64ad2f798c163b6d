import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { convexHull, minAreaRectangle } from '../../../workers/ocr/min-area-rectangle.ts'
import {
  cornersOf,
  type Point,
  type RotatedRectangle,
} from '../../../workers/ocr/rotated-rectangle.ts'
import { arbitraryPoints, arbitraryRectangle } from './arbitrary-rectangles.ts'

describe('the rectangle of the smallest area', () => {
  test('is the rectangle itself for the corners of a rectangle', () => {
    fc.assert(
      fc.property(arbitraryRectangle, (rectangle) => {
        const found = minAreaRectangle(cornersOf(rectangle))
        for (const key of ['x', 'y', 'width', 'height', 'angle'] as const) {
          expect(found[key]).toBeCloseTo(rectangle[key], 6)
        }
      }),
    )
  })

  test('contains every point', () => {
    fc.assert(
      fc.property(arbitraryPoints, (points) => {
        const found = minAreaRectangle(points)
        for (const point of points) expect(distanceOutside(found, point)).toBeLessThan(1e-6)
      }),
    )
  })

  test('is no larger than the upright box, and depends on no order', () => {
    fc.assert(
      fc.property(arbitraryPoints, (points) => {
        const found = minAreaRectangle(points)
        const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)]
        const box = (Math.max(...xs) - Math.min(...xs)) * (Math.max(...ys) - Math.min(...ys))
        expect(found.width * found.height).toBeLessThanOrEqual(box + 1e-6)
        expect(minAreaRectangle(points.toReversed())).toEqual(found)
      }),
    )
  })

  test('has an angle next to the horizontal', () => {
    fc.assert(
      fc.property(arbitraryPoints, (points) => {
        const { angle } = minAreaRectangle(points)
        expect(angle).toBeGreaterThan(-Math.PI / 4)
        expect(angle).toBeLessThanOrEqual(Math.PI / 4)
      }),
    )
  })

  test('needs a point', () => {
    expect(() => minAreaRectangle([])).toThrow(RangeError)
  })
})

test('the convex hull of a square with points inside is the square', () => {
  const square = [
    { x: 0, y: 0 },
    { x: 2, y: 0 },
    { x: 2, y: 2 },
    { x: 0, y: 2 },
  ]
  const hull = convexHull([{ x: 1, y: 1 }, ...square, { x: 1, y: 0 }])
  expect(hull).toHaveLength(4)
  expect(hull).toEqual(expect.arrayContaining(square))
})

function distanceOutside({ x, y, width, height, angle }: RotatedRectangle, point: Point): number {
  const [dx, dy] = [point.x - x, point.y - y]
  const along = dx * Math.cos(angle) + dy * Math.sin(angle)
  const across = dy * Math.cos(angle) - dx * Math.sin(angle)
  return Math.max(Math.abs(along) - width / 2, Math.abs(across) - height / 2)
}
