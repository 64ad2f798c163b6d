import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createReadLine, type ReadLine } from '../../../workers/ocr/read-line.ts'
import { orderLines } from '../../../workers/ocr/reading-order.ts'
import type { TextItem } from '../../support/render-document.ts'
import { layOutParagraph, layOutRows } from '../../support/layout-text.ts'
import {
  arbitraryColumns,
  arbitraryForm,
  arbitraryGoods,
  arbitraryReceipt,
} from './arbitrary-layouts.ts'
import { arbitraryRectangle } from './arbitrary-rectangles.ts'
import { placeLines } from './placed-lines.ts'
import { paragraphs } from './sample-text.ts'

/** Degrees; more is no photo of a page any more. */
const arbitraryTilt = fc.oneof(fc.constant(0), fc.double({ min: -12, max: 12, noNaN: true }))

describe('what people read', () => {
  test.each([
    [
      'columns of prose, one after the other, whether their lines are level or not',
      arbitraryColumns,
    ],
    ['a receipt, each item with its price', arbitraryReceipt],
    ['a form, each label with its value', arbitraryForm],
    ['a table, row by row', arbitraryGoods],
  ])('is kept together: %s', (_, arbitraryLayout) => {
    fc.assert(
      fc.property(arbitraryLayout, arbitraryTilt, ({ items, text }, tilt) => {
        expect(textOf(placeLines(items, tilt))).toBe(text)
      }),
      { numRuns: 60 },
    )
  })
})

describe('the order of lines', () => {
  const arbitraryLines = fc.array(
    fc
      .record({ rectangle: arbitraryRectangle, text: fc.string({ minLength: 1, maxLength: 8 }) })
      .map(({ rectangle, text }) => lineAt(rectangle, text)),
    { maxLength: 40 },
  )

  test('has every line once', () => {
    fc.assert(
      fc.property(arbitraryLines, (lines) => {
        const ordered = orderLines(lines).flat(2)
        expect(ordered).toHaveLength(lines.length)
        expect(new Set(ordered)).toEqual(new Set(lines))
      }),
    )
  })

  test('does not depend on the order in which the lines were found', () => {
    const arbitraryShuffled = arbitraryLines.chain((lines) =>
      fc.tuple(
        fc.constant(lines),
        fc.shuffledSubarray(lines, { minLength: lines.length, maxLength: lines.length }),
      ),
    )
    fc.assert(
      fc.property(arbitraryShuffled, ([lines, shuffled]) => {
        expect(orderLines(shuffled)).toEqual(orderLines(lines))
      }),
    )
  })

  test('has no empty column and no empty row', () => {
    fc.assert(
      fc.property(arbitraryLines, (lines) => {
        const columns = orderLines(lines)
        for (const column of columns) expect(column.length).toBeGreaterThan(0)
        for (const row of columns.flat()) expect(row.length).toBeGreaterThan(0)
      }),
    )
  })
})

describe('pages that mix both', () => {
  const left = layOutParagraph({ text: paragraphs[0], x: 80, y: 200, width: 490, size: 22 })
  const right = layOutParagraph({ text: paragraphs[1], x: 640, y: 200, width: 490, size: 22 })

  test('a table under two columns, with the same gutter, is read row by row', () => {
    const rows = [
      ['Place', 'Rainfall'],
      ['Harbour', '812 mm'],
      ['Lighthouse', '905 mm'],
    ]
    const y = Math.max(left.nextY, right.nextY) + 60
    const table = layOutRows({
      rows,
      columns: [{ x: 80 }, { x: 640 }],
      y,
      pitch: 44,
      style: { size: 22 },
    })
    expect(textOf(placeLines([...left.items, ...right.items, ...table]))).toBe(
      [...left.lines, ...right.lines, 'Place Rainfall', 'Harbour 812 mm', 'Lighthouse 905 mm'].join(
        '\n',
      ),
    )
  })

  test('a running head and a page number are read as one row', () => {
    const head: TextItem[] = [
      { text: 'Coastal Quarterly', x: 80, y: 90, size: 20 },
      { text: 'Page 12', x: 1130, y: 90, size: 20, anchor: 'end' },
    ]
    expect(textOf(placeLines([...head, ...left.items, ...right.items]))).toBe(
      ['Coastal Quarterly Page 12', ...left.lines, ...right.lines].join('\n'),
    )
  })

  test('a footer over the whole width comes after the columns', () => {
    const footer = {
      text: 'Printed by the Harbour Press, 12 Quay Street, open on all days but Sunday',
      x: 100,
      y: 700,
    }
    expect(textOf(placeLines([...left.items, ...right.items, footer]))).toBe(
      [...left.lines, ...right.lines, footer.text].join('\n'),
    )
  })

  test('lists whose lines are not level are columns', () => {
    const lists = [
      ['Fresh coffee all day', 'Homemade cakes', 'Cheese sandwiches', 'Free wireless'],
      ['Open every day', 'Seven to nineteen', 'Sunday from nine', 'Dogs are welcome'],
    ]
    const items = lists.flatMap((list, column) =>
      list.map((text, row) => ({ text, x: 60 + 400 * column, y: 80 + 50 * row + 20 * column })),
    )
    expect(textOf(placeLines(items))).toBe(lists.flat().join('\n'))
  })

  test('lines that the detector joined over a narrow gutter are cut there', () => {
    const letter = 10
    const cut = 48
    const rows = left.lines.map((text, index) => [text, right.lines[index] ?? ''] as const)
    const lines = rows.map(([before, behind], index) => {
      const text = `${before.padEnd(cut, ' ')} ${behind}`
      const gap = { from: before.length / text.length, to: (cut + 1) / text.length }
      const rectangle = {
        x: (text.length * letter) / 2,
        y: 100 + 28 * index,
        width: text.length * letter,
        height: 24,
        angle: 0,
      }
      return lineAt(rectangle, text, [gap])
    })
    expect(textOf(lines)).toBe(
      rows
        .map(([text]) => text)
        .concat(rows.map(([, text]) => text))
        .join('\n'),
    )
  })
})

function textOf(lines: readonly ReadLine[]): string {
  return orderLines(lines)
    .flat()
    .map((row) => row.map(({ text }) => text).join(' '))
    .join('\n')
}

function lineAt(
  rectangle: ReadLine['rectangle'],
  text: string,
  gaps: ReadLine['gaps'] = [],
): ReadLine {
  const characters = Array.from(text, (character, index) => ({
    text: character,
    probability: 0.9,
    at: (index + 0.5) / text.length,
  }))
  return createReadLine(rectangle, characters, { extent: { from: 0, to: 1 }, gaps })
}
