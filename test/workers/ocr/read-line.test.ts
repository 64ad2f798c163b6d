import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createReadLine, splitAtWideGaps, splitLine } from '../../../workers/ocr/read-line.ts'
import { arbitraryRectangle } from './arbitrary-rectangles.ts'

const rectangle = { x: 100, y: 50, width: 200, height: 20, angle: 0 }
const whole = { from: 0, to: 1 }

/** Characters evenly over the line, of growing probability. */
function characters(text: string) {
  return Array.from(text, (character, index) => ({
    text: character,
    probability: (index + 1) / text.length,
    at: (index + 0.5) / text.length,
  }))
}

describe('a line', () => {
  test('has no white space at its ends, and the mean probability of the rest', () => {
    const line = createReadLine(rectangle, characters(' ab '), { extent: whole, gaps: [] })
    expect(line.text).toBe('ab')
    expect(line.confidence).toBeCloseTo((0.5 + 0.75) / 2)
  })

  test('without characters has no text and no confidence', () => {
    expect(createReadLine(rectangle, characters('  '), { extent: whole, gaps: [] })).toMatchObject({
      text: '',
      confidence: 0,
    })
  })

  test('shrinks to its ink', () => {
    const line = createReadLine(rectangle, characters('abcd'), {
      extent: { from: 0.1, to: 0.9 },
      gaps: [],
    })
    expect(line.rectangle).toMatchObject({ x: 100, y: 50, width: expect.closeTo(160), height: 20 })
  })

  test('never shrinks beyond its characters', () => {
    const line = createReadLine(rectangle, characters('abcd'), {
      extent: { from: 0.4, to: 0.6 },
      gaps: [],
    })
    expect(line.rectangle.width).toBeCloseTo(150)
  })

  test('leaves out the ink of a neighbour that no character was read in', () => {
    const read = characters('abcdefgh').slice(0, 6)
    const line = createReadLine(rectangle, read, {
      extent: whole,
      gaps: [{ from: 0.75, to: 0.95 }],
    })
    expect(line.rectangle.width).toBeCloseTo(150)
    expect(line.gaps).toEqual([])
  })
})

describe('cutting a line', () => {
  const gap = { from: 0.45, to: 0.55 }

  test('gives both halves their texts and their places', () => {
    const line = createReadLine(rectangle, characters('abcd efgh '), { extent: whole, gaps: [gap] })
    const [before, behind] = splitLine(line, gap)
    expect([before.text, behind.text]).toEqual(['abcd', 'efgh'])
    expect(before.rectangle).toMatchObject({ x: expect.closeTo(45), width: expect.closeTo(90) })
    expect(behind.rectangle).toMatchObject({ x: expect.closeTo(155), width: expect.closeTo(90) })
  })

  test('loses no character, wherever the gaps are and however the line is tilted', () => {
    const arbitraryGaps = fc
      .uniqueArray(fc.integer({ min: 1, max: 98 }), { minLength: 2, maxLength: 8 })
      .map((cuts) => cuts.toSorted((a, b) => a - b).map((cut) => cut / 100))
      .map((cuts) =>
        cuts.flatMap((from, i) =>
          i % 2 === 0 && cuts[i + 1] !== undefined ? [{ from, to: cuts[i + 1] ?? 1 }] : [],
        ),
      )
    fc.assert(
      fc.property(
        arbitraryRectangle,
        arbitraryGaps,
        fc.string({ minLength: 2, maxLength: 30 }),
        (at, gaps, text) => {
          const line = createReadLine(at, characters(text), { extent: whole, gaps })
          const parts = splitAtWideGaps(line, 0)
          const withoutSpace = (some: string) => some.replaceAll(/\s/gu, '')
          expect(withoutSpace(parts.map((part) => part.text).join(''))).toBe(
            withoutSpace(line.text),
          )
        },
      ),
    )
  })

  test('happens only at gaps that are wide for the height of the line', () => {
    const line = createReadLine(rectangle, characters('abcd efgh '), { extent: whole, gaps: [gap] })
    expect(splitAtWideGaps(line, 1.1)).toEqual([line])
    expect(splitAtWideGaps(line, 1).map(({ text }) => text)).toEqual(['abcd', 'efgh'])
  })
})
