import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { RotatedRectangle } from '../../../workers/ocr/rotated-rectangle.ts'
import { findTextRectangles } from '../../../workers/ocr/text-rectangles.ts'

const [width, height] = [320, 240]

const arbitraryCore: fc.Arbitrary<RotatedRectangle> = fc.record({
  x: fc.integer({ min: 130, max: 190 }),
  y: fc.integer({ min: 100, max: 140 }),
  width: fc.integer({ min: 40, max: 180 }),
  height: fc.integer({ min: 8, max: 20 }),
  angle: fc.double({ min: -0.6, max: 0.6, noNaN: true }),
})

describe('the rectangles of a probability map', () => {
  test('grow from the core of a line by 1.5 times its area through its perimeter', () => {
    fc.assert(
      fc.property(arbitraryCore, (core) => {
        const [found, ...others] = findTextRectangles(paint([[core, 0.9]]), width, height)
        const grown = (2 * 1.5 * core.width * core.height) / (2 * (core.width + core.height))
        expect(others).toEqual([])
        expect(Math.abs((found?.x ?? 0) - core.x)).toBeLessThan(2)
        expect(Math.abs((found?.y ?? 0) - core.y)).toBeLessThan(2)
        expect(Math.abs((found?.width ?? 0) - core.width - grown)).toBeLessThan(5)
        expect(Math.abs((found?.height ?? 0) - core.height - grown)).toBeLessThan(5)
        expect(Math.abs((found?.angle ?? 9) - core.angle)).toBeLessThan(0.06)
      }),
      { numRuns: 30 },
    )
  })

  test('leave out specks and what is improbable', () => {
    const map = paint([
      [{ x: 60, y: 60, width: 80, height: 12, angle: 0 }, 0.5],
      [{ x: 160, y: 160, width: 2, height: 2, angle: 0 }, 1],
    ])
    expect(findTextRectangles(map, width, height)).toEqual([])
  })

  test('are none in an empty map', () => {
    expect(findTextRectangles(new Float32Array(width * height), width, height)).toEqual([])
  })
})

function paint(rectangles: readonly (readonly [RotatedRectangle, number])[]): Float32Array {
  return Float32Array.from({ length: width * height }, (_, index) => {
    const [x, y] = [(index % width) + 0.5, Math.floor(index / width) + 0.5]
    const covering = rectangles.find(([rectangle]) => covers(rectangle, x, y))
    return covering?.[1] ?? 0
  })
}

function covers(rectangle: RotatedRectangle, x: number, y: number): boolean {
  const [dx, dy] = [x - rectangle.x, y - rectangle.y]
  const [cos, sin] = [Math.cos(rectangle.angle), Math.sin(rectangle.angle)]
  return (
    Math.abs(dx * cos + dy * sin) <= rectangle.width / 2 &&
    Math.abs(dy * cos - dx * sin) <= rectangle.height / 2
  )
}
