import fc from 'fast-check'
import { layOutParagraph, layOutRows } from '../../support/layout-text.ts'
import type { TextItem } from '../../support/render-document.ts'
import { words } from './sample-text.ts'

/** A page and the text that people read on it. */
export interface Layout {
  readonly items: readonly TextItem[]
  readonly text: string
}

const size = 22

const arbitraryPhrase = (min: number, max: number) =>
  fc
    .tuple(fc.nat({ max: words.length - max }), fc.integer({ min, max }))
    .map(([from, count]) => words.slice(from, from + count).join(' '))

const arbitraryCell = (max: number) => arbitraryPhrase(1, max).map(capitalised)

const arbitraryPrice = fc.integer({ min: 1, max: 99_999 }).map((cents) => (cents / 100).toFixed(2))

/** Two to four columns of prose under a title, with any gutter from one letter on, level with each other or not. */
export const arbitraryColumns: fc.Arbitrary<Layout> = fc
  .record({
    columns: fc.array(
      fc.record({
        paragraphs: fc.array(arbitraryPhrase(30, 60), { minLength: 1, maxLength: 3 }),
        offset: fc.constantFrom(0, 5, 11, 17, 30),
      }),
      { minLength: 2, maxLength: 4 },
    ),
    width: fc.integer({ min: 12 * size, max: 24 * size }),
    gutter: fc.integer({ min: size, max: 3 * size }),
    pitch: fc.double({ min: 1.2 * size, max: 1.7 * size, noNaN: true }),
  })
  .map(({ columns, width, gutter, pitch }) => {
    const title = 'Old Stories From the Coast'
    const items: TextItem[] = [{ text: title, x: 60, y: 30, size: 40 }]
    const lines = [title]
    for (const [index, column] of columns.entries()) {
      let y = 120 + column.offset
      for (const text of column.paragraphs) {
        const paragraph = layOutParagraph({
          text,
          x: 60 + index * (width + gutter),
          y,
          width,
          size,
          pitch,
        })
        items.push(...paragraph.items)
        lines.push(...paragraph.lines)
        y = paragraph.nextY
      }
    }
    return { items, text: lines.join('\n') }
  })

/** Items with their prices at the right. */
export const arbitraryReceipt = arbitraryTable(fc.tuple(arbitraryPhrase(1, 5), arbitraryPrice), [
  { x: 40 },
  { x: 700, anchor: 'end' },
])

/** Labels with their values. */
export const arbitraryForm = arbitraryTable(
  fc.tuple(
    arbitraryCell(3).map((label) => `${label}:`),
    arbitraryCell(5),
  ),
  [{ x: 40 }, { x: 600 }],
)

/** Numbers, two columns of text, and prices. */
export const arbitraryGoods = arbitraryTable(
  fc.tuple(fc.nat({ max: 99 }).map(String), arbitraryCell(5), arbitraryCell(4), arbitraryPrice),
  [{ x: 40 }, { x: 120 }, { x: 700 }, { x: 1400, anchor: 'end' }],
)

function arbitraryTable(
  row: fc.Arbitrary<readonly string[]>,
  columns: readonly { readonly x: number; readonly anchor?: 'start' | 'end' }[],
): fc.Arbitrary<Layout> {
  return fc
    .record({
      rows: fc.array(row, { minLength: 1, maxLength: 20 }),
      pitch: fc.double({ min: 1.25 * size, max: 4 * size, noNaN: true }),
    })
    .map(({ rows, pitch }) => ({
      items: layOutRows({ rows, columns, y: 100, pitch, style: { size } }),
      text: rows.map((cells) => cells.join(' ')).join('\n'),
    }))
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
