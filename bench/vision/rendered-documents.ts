import { layOutParagraph, layOutRows, type Paragraph } from '../../test/support/layout-text.ts'
import type { DocumentToRender, TextItem } from '../../test/support/render-document.ts'
import { paragraphs } from '../../test/workers/ocr/sample-text.ts'
import { cities, firstNames, goods, lastNames, streets, type Draw } from './document-words.ts'

/** A row of a document: its cells, and its baseline and size in pixels before anything is turned. */
export interface DocumentRow {
  readonly cells: readonly string[]
  readonly y: number
  readonly size: number
}

/** A document of which it is known what is written on it: its rows in reading order. */
export interface RenderedDocument {
  readonly kind: string
  readonly document: DocumentToRender
  readonly rows: readonly DocumentRow[]
}

/** Makes a document of a kind, with other words for other numbers drawn. */
type MakeDocument = (draw: Draw) => Omit<RenderedDocument, 'kind'>

/** What clients photograph. */
export const documentKinds: Readonly<Record<string, MakeDocument>> = {
  receipt: (draw) => receipt(draw),
  'tilted receipt': (draw) => {
    const { document, rows } = receipt(draw)
    const degrees = 3 + draw.upTo(6)
    return {
      document: { ...document, rotateDegrees: draw.upTo(2) === 0 ? degrees : -degrees },
      rows,
    }
  },
  form: (draw) => {
    const rows = [
      ['Name:', nameOf(draw)],
      ['Date of birth:', `${1 + draw.upTo(28)} August ${1940 + draw.upTo(60)}`],
      ['Address:', `${1 + draw.upTo(90)} ${draw.from(streets)}`],
      ['City:', `${10_000 + draw.upTo(80_000)} ${draw.from(cities)}`],
      ['Document no.:', `${draw.from(['C', 'F', 'K'])}${100_000_000 + draw.upTo(900_000_000)}`],
      ['Telephone:', `0${100 + draw.upTo(900)} ${100_000 + draw.upTo(900_000)}`],
    ]
    return cells(rows, { xs: [60, 420], size: 23, pitch: 54, y: 70, width: 1100 })
  },
  table: (draw) => {
    const rows = Array.from({ length: 6 }, () => [
      `${draw.from(['A', 'B', 'C'])}-${100 + draw.upTo(900)}`,
      draw.from(goods),
      String(1 + draw.upTo(20)),
      priceOf(draw),
    ])
    return cells([['Item', 'Description', 'Quantity', 'Price'], ...rows], {
      ...{ xs: [60, 240, 680, 900], size: 23, pitch: 54, y: 70, width: 1100, ruled: true },
    })
  },
  'two columns': (draw) => {
    const columns = [80, 670].map((x) =>
      prose([draw.from(paragraphs)], { x, width: 490, size: 21, family: 'DejaVu Serif' }, 120),
    )
    return page(1240, 620, columns)
  },
  letter: (draw) => {
    const name = nameOf(draw)
    const head = prose([name], { x: 120, width: 900, size: 26, bold: true }, 160)
    const place = `${1 + draw.upTo(90)} ${draw.from(streets)}, ${draw.from(cities)}`
    const address = prose([place], { x: 120, width: 900, size: 22 }, head.nextY)
    const greeting = prose([`Dear ${nameOf(draw)},`], { x: 120, width: 900 }, address.nextY + 120)
    const texts = draw.shuffled(paragraphs).slice(0, 3)
    const body = prose(texts, { x: 120, width: 1000, size: 24 }, greeting.nextY + 30)
    const end = prose(['Yours sincerely,', name], { x: 120, width: 900 }, body.nextY + 40)
    return page(1240, 1754, [head, address, greeting, body, end])
  },
  'parcel label': (draw) => {
    const from = prose(
      [`From: ${nameOf(draw)}, ${1 + draw.upTo(90)} ${draw.from(streets)}, ${draw.from(cities)}`],
      { x: 50, width: 1000, size: 20 },
      70,
    )
    const to = prose(
      [
        nameOf(draw),
        `${1 + draw.upTo(90)} ${draw.from(streets)}`,
        `${10_000 + draw.upTo(80_000)} ${draw.from(cities)}`,
      ],
      { x: 120, width: 900, size: 46, bold: true, family: 'DejaVu Sans Condensed' },
      190,
    )
    const number = `JD ${draw.digits(4)} ${draw.digits(4)} ${draw.digits(4)} ${draw.digits(2)}`
    const code = prose([number], { x: 120, width: 900, size: 38, family: 'DejaVu Sans Mono' }, 460)
    const weight = prose([`Weight: ${1 + draw.upTo(20)}.${draw.upTo(10)} kg`], fine, 560)
    return page(1100, 620, [from, to, code, weight])
  },
  'low contrast': (draw) => {
    const body = prose([draw.from(paragraphs)], { x: 60, width: 1000, size: 24 }, 80)
    const { document, rows } = page(1120, 280, [body])
    const items = document.items.map((item) => ({ ...item, fill: '#8a8a8a' }))
    return { document: { ...document, items, background: '#b4b4b4' }, rows }
  },
  'page of 300 dpi': (draw) => {
    const texts = [...draw.shuffled(paragraphs), draw.from(paragraphs)]
    // Letters of ten points.
    const body = prose(texts, { x: 240, width: 2000, size: 42, family: 'DejaVu Serif' }, 320)
    return page(2480, 3508, [body])
  },
  'fine print': (draw) => {
    // Of six points: what stands at the foot of contracts.
    const texts = draw.shuffled(paragraphs)
    const body = prose(texts, { x: 240, width: 1500, size: 25 }, 320)
    return page(2480, 3508, [body])
  },
}

/** Kinds that cost seconds to read: enough is learned of them as they are. */
export const largeKinds: ReadonlySet<string> = new Set(['letter', 'page of 300 dpi', 'fine print'])

const fine = { x: 50, width: 1000, size: 20 }

interface Block {
  readonly items: readonly TextItem[]
  readonly rows: readonly DocumentRow[]
  readonly nextY: number
}

function prose(texts: readonly string[], style: Omit<Paragraph, 'text' | 'y'>, y: number): Block {
  const { size = 24, pitch = size * 1.4 } = style
  let nextY = y
  const blocks = texts.map((text) => {
    const {
      items,
      lines,
      nextY: after,
    } = layOutParagraph({ ...style, size, pitch, text, y: nextY })
    const rows = lines.map((line, at) => ({ cells: [line], y: nextY + at * pitch, size }))
    nextY = after
    return { items, rows }
  })
  return {
    items: blocks.flatMap(({ items }) => items),
    rows: blocks.flatMap(({ rows }) => rows),
    nextY,
  }
}

function page(
  width: number,
  height: number,
  blocks: readonly Pick<Block, 'items' | 'rows'>[],
): Omit<RenderedDocument, 'kind'> {
  return {
    document: { width, height, items: blocks.flatMap(({ items }) => items) },
    rows: blocks.flatMap(({ rows }) => rows),
  }
}

function receipt(draw: Draw): Omit<RenderedDocument, 'kind'> {
  const style = { size: 22, family: 'DejaVu Sans Mono' } as const
  const lines = draw.shuffled(goods).slice(0, 9)
  const priced = [...lines, 'TOTAL', 'Cash', 'Change'].map((name) => [name, priceOf(draw)])
  const [head, foot] = [`${draw.from(lastNames).toUpperCase()} MARKET`, 'Thank you, see you soon!']
  const place = `${1 + draw.upTo(90)} ${draw.from(streets)}, ${draw.from(cities)}`
  const [first, pitch] = [190, 38]
  const last = first + priced.length * pitch + 40
  return {
    document: {
      ...{ width: 680, height: last + 90 },
      items: [
        { text: head, x: 340, y: 90, size: 30, anchor: 'middle' },
        { text: place, x: 340, y: 130, size: 18, anchor: 'middle' },
        ...layOutRows({
          ...{ rows: priced, columns: [{ x: 100 }, { x: 580, anchor: 'end' }], y: first },
          ...{ pitch, style },
        }),
        { text: foot, x: 340, y: last, size: 20, anchor: 'middle' },
      ],
    },
    rows: [
      { cells: [head], y: 90, size: 30 },
      { cells: [place], y: 130, size: 18 },
      ...priced.map((row, at) => ({ cells: row, y: first + at * pitch, size: style.size })),
      { cells: [foot], y: last, size: 20 },
    ],
  }
}

function cells(
  rows: readonly (readonly string[])[],
  table: {
    readonly xs: readonly number[]
    readonly size: number
    readonly pitch: number
    readonly y: number
    readonly width: number
    readonly ruled?: boolean
  },
): Omit<RenderedDocument, 'kind'> {
  const { xs, size, pitch, y, width, ruled = false } = table
  const columns = xs.map((x) => ({ x }))
  const lines = Array.from({ length: ruled ? rows.length + 1 : 0 }, (_, at) => y - 36 + at * pitch)
  return {
    document: {
      ...{ width, height: y + rows.length * pitch },
      items: layOutRows({ rows, columns, y, pitch, style: { size } }),
      rules: lines.map((at) => ({ x1: 30, x2: width - 30, y1: at, y2: at })),
    },
    rows: rows.map((row, at) => ({ cells: row, y: y + at * pitch, size })),
  }
}

function nameOf(draw: Draw): string {
  return `${draw.from(firstNames)} ${draw.from(lastNames)}`
}

function priceOf(draw: Draw): string {
  return `${draw.upTo(200)}.${draw.digits(2)}`
}
