import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { findInk } from '../../../workers/ocr/ink.ts'
import { lineHeight } from '../../../workers/ocr/line-crop.ts'

const widths = { content: 200, padded: 224 }

describe('the ink of a line', () => {
  test('reaches from the first stroke to the last, and has a gap where no stroke is for a third of the height', () => {
    const arbitraryStrokes = fc.uniqueArray(fc.integer({ min: 0, max: 199 }), {
      minLength: 41,
      maxLength: 120,
    })
    fc.assert(
      fc.property(
        arbitraryStrokes,
        fc.double({ min: -1, max: 0, noNaN: true }),
        (strokes, background) => {
          const columns = strokes.toSorted((a, b) => a - b)
          const { extent, gaps } = findInk(paint(columns, background), widths)
          expect(extent.from * 200).toBeCloseTo(columns[0] ?? 0)
          expect(extent.to * 200).toBeCloseTo((columns.at(-1) ?? 0) + 1)
          const expected = columns.flatMap((column, index) => {
            const next = columns[index + 1] ?? column + 1
            return next - column - 1 >= 0.3 * lineHeight ? [[column + 1, next]] : []
          })
          expect(
            gaps.map(({ from, to }) => [Math.round(from * 200), Math.round(to * 200)]),
          ).toEqual(expected)
        },
      ),
    )
  })

  test('is everywhere where there is no contrast', () => {
    expect(findInk(paint([], 0.5), widths)).toEqual({ extent: { from: 0, to: 1 }, gaps: [] })
  })
})

/** A crop with a stroke of some rows in each of the columns. */
function paint(columns: readonly number[], background: number): Float32Array {
  const plane = lineHeight * widths.padded
  const crop = new Float32Array(3 * plane).fill(background)
  for (const column of columns) {
    for (let row = 15; row < 30; row++) crop[plane + row * widths.padded + column] = background + 1
  }
  return crop
}
