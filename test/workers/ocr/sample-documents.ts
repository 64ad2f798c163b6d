import { layOutParagraph, layOutRows, type Paragraph } from '../../support/layout-text.ts'
import type { DocumentToRender, TextItem } from '../../support/render-document.ts'
import { paragraphs } from './sample-text.ts'

/** A document and what people read on it. */
export interface SampleDocument {
  readonly kind: string
  readonly document: DocumentToRender
  readonly text: string
}

type Column = Omit<Paragraph, 'text' | 'y'>

const page = { width: 1240, height: 620 }

function block(texts: readonly string[], column: Column, y: number) {
  const items: TextItem[] = []
  const lines: string[] = []
  let nextY = y
  for (const text of texts) {
    const paragraph = layOutParagraph({ ...column, text, y: nextY })
    items.push(...paragraph.items)
    lines.push(...paragraph.lines)
    nextY = paragraph.nextY
  }
  return { items, lines, nextY }
}

function columns(
  kind: string,
  lines: {
    readonly gutter: number
    readonly offset?: number
    readonly justified?: boolean
    readonly count?: number
  },
  document: Partial<DocumentToRender> = {},
): SampleDocument {
  const count = lines.count ?? 2
  const width = (1080 - (count - 1) * lines.gutter) / count
  const title = 'A Morning at the Harbour'
  const blocks = paragraphs.slice(0, count).map((text, index) =>
    block(
      [text],
      {
        x: 80 + index * (width + lines.gutter),
        width,
        size: 21,
        family: 'DejaVu Serif',
        justified: lines.justified ?? false,
      },
      200 + index * (lines.offset ?? 0),
    ),
  )
  return {
    kind,
    document: {
      ...page,
      items: [
        { text: title, x: 620, y: 100, size: 44, anchor: 'middle' },
        ...blocks.flatMap(({ items }) => items),
      ],
      ...document,
    },
    text: [title, ...blocks.flatMap((each) => each.lines)].join('\n'),
  }
}

function paragraph(
  kind: string,
  document: Partial<DocumentToRender>,
  fill = '#000',
  size = 24,
): SampleDocument {
  const { items, lines } = block([paragraphs[2]], { x: 60, width: 1000, size }, 90)
  return {
    kind,
    document: {
      width: 1120,
      height: 260,
      items: items.map((item) => ({ ...item, fill })),
      ...document,
    },
    text: lines.join('\n'),
  }
}

function receipt(kind: string, rotateDegrees: number): SampleDocument {
  const goods = [
    ['Whole milk', '1.29'],
    ['Rye bread', '3.49'],
    ['Butter 250 g', '2.79'],
    ['Tomatoes', '4.12'],
    ['Coffee beans 500 g', '8.99'],
    ['TOTAL', '20.68'],
    ['Cash', '50.00'],
    ['Change', '29.32'],
  ]
  const [head, foot] = ['GREEN VALLEY MARKET', 'Thank you for shopping with us!']
  return {
    kind,
    document: {
      width: 640,
      height: 560,
      rotateDegrees,
      items: [
        { text: head, x: 320, y: 90, size: 30, anchor: 'middle' },
        ...layOutRows({
          rows: goods,
          columns: [{ x: 80 }, { x: 560, anchor: 'end' }],
          y: 160,
          pitch: 38,
          style: { size: 22, family: 'DejaVu Sans Mono' },
        }),
        { text: foot, x: 320, y: 500, size: 20, anchor: 'middle' },
      ],
    },
    text: [head, ...goods.map((cells) => cells.join(' ')), foot].join('\n'),
  }
}

function table(
  kind: string,
  rows: readonly (readonly string[])[],
  xs: readonly number[],
  ruled: boolean,
): SampleDocument {
  const pitch = 54
  const height = 60 + rows.length * pitch
  return {
    kind,
    document: {
      width: 1100,
      height,
      items: layOutRows({
        rows,
        columns: xs.map((x) => ({ x })),
        y: 70,
        pitch,
        style: { size: 23 },
      }),
      rules: ruled
        ? Array.from({ length: rows.length + 1 }, (_, row) => ({
            x1: 30,
            x2: 1070,
            y1: 34 + row * pitch,
            y2: 34 + row * pitch,
          }))
        : [],
    },
    text: rows.map((cells) => cells.join(' ')).join('\n'),
  }
}

/** One of each kind that the reader must cope with. */
export const sampleDocuments: readonly SampleDocument[] = [
  columns('two columns under a title', { gutter: 60 }),
  columns('two justified columns whose lines are not level', {
    gutter: 50,
    offset: 13,
    justified: true,
  }),
  columns('two justified columns with a gutter as narrow as a letter', {
    gutter: 22,
    justified: true,
  }),
  columns('three columns under a title', { gutter: 40, count: 3 }),
  columns('two columns, tilted by 4 degrees', { gutter: 60 }, { rotateDegrees: 4, height: 700 }),
  receipt('a receipt with a column of prices', 0),
  receipt('a receipt, tilted by -5 degrees', -5),
  table(
    'a form',
    [
      ['Name:', 'Katherine Johnson'],
      ['Date of birth:', '26 August 1918'],
      ['Address:', '15 Orchard Lane'],
      ['Occupation:', 'Mathematician'],
      ['E-mail:', 'k.johnson@example.org'],
    ],
    [60, 420],
    false,
  ),
  table(
    'a table with rules',
    [
      ['Item', 'Description', 'Quantity', 'Price'],
      ['A-101', 'Oak table with two drawers', '1', '320.00'],
      ['A-205', 'Dining chair, upholstered', '4', '85.50'],
      ['B-017', 'Reading lamp', '2', '39.90'],
      ['C-330', 'Bookcase, five shelves', '1', '149.00'],
    ],
    [60, 220, 680, 900],
    true,
  ),
  paragraph('grey text on a grey ground', { background: '#b8b8b8' }, '#8a8a8a'),
  paragraph('white text on a dark ground', { background: '#123' }, '#fff'),
  paragraph('a blurred photo of much compression', { blur: 1, format: 'jpeg', quality: 40 }),
  paragraph('small print', { format: 'webp' }, '#000', 13),
  {
    kind: 'a word on a sign',
    document: {
      width: 600,
      height: 300,
      background: '#cde',
      items: [{ text: 'Bakery', x: 300, y: 180, size: 90, anchor: 'middle', rotateDegrees: -6 }],
    },
    text: 'Bakery',
  },
  {
    kind: 'a strip with one line',
    document: {
      width: 420,
      height: 36,
      items: [{ text: 'A single line of text', x: 20, y: 26, size: 20 }],
    },
    text: 'A single line of text',
  },
  {
    kind: 'lines that run down and up',
    document: {
      width: 300,
      height: 700,
      items: [
        { text: 'Downwards text', x: 80, y: 40, size: 36, rotateDegrees: 90 },
        { text: 'Upwards text', x: 240, y: 660, size: 36, rotateDegrees: -90 },
      ],
    },
    text: 'Downwards text\nUpwards text',
  },
]
