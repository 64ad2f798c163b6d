import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { findTextComponents } from '../../../workers/ocr/text-components.ts'

const arbitraryMap = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
  .chain(([width, height]) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      bits: fc.array(fc.boolean(), { minLength: width * height, maxLength: width * height }),
    }),
  )

test('components are those that a flood fill finds, with the same areas, in the order of their first pixel', () => {
  fc.assert(
    fc.property(arbitraryMap, ({ width, height, bits }) => {
      const map = Float32Array.from(bits, Number)
      const found = findTextComponents(map, width, height, 0.5)
      expect(found.map(({ area }) => area)).toEqual(floodFill(bits, width, height))
    }),
    { numRuns: 500 },
  )
})

test('the outline reaches the outer edges of the pixels', () => {
  const [component] = findTextComponents(Float32Array.of(0, 1, 1, 0), 4, 1, 0.5)
  expect(component?.outline).toEqual([
    { x: 1, y: 0 },
    { x: 3, y: 0 },
    { x: 1, y: 1 },
    { x: 3, y: 1 },
  ])
})

/** Areas of the 8-connected components. */
function floodFill(bits: readonly boolean[], width: number, height: number): number[] {
  const left = new Set(bits.flatMap((bit, index) => (bit ? [index] : [])))
  const areas: number[] = []
  for (const start of left) {
    const queue = [start]
    left.delete(start)
    let area = 0
    for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
      area++
      const [x, y] = [index % width, Math.floor(index / width)]
      for (const [dx, dy] of neighbours) {
        if (x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height) continue
        const next = (y + dy) * width + x + dx
        if (left.delete(next)) queue.push(next)
      }
    }
    areas.push(area)
  }
  return areas
}

const neighbours = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [dx, dy] as const))
