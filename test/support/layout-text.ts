import type { TextItem } from './render-document.ts'
import { createTextMeasure, type TextStyle } from './text-width.ts'

/** A paragraph to break into lines. */
export interface Paragraph extends TextStyle {
  readonly text: string
  /** Left edge. */
  readonly x: number
  /** Baseline of the first line. */
  readonly y: number
  /** No line is wider. */
  readonly width: number
  /** From baseline to baseline, 1.35 times the size unless told. */
  readonly pitch?: number
  /** Spreads the words so that every line but the last fills the width. */
  readonly justified?: boolean
}

/** A paragraph in lines. */
export interface LaidOutParagraph {
  readonly items: readonly TextItem[]
  /** The text of each line. */
  readonly lines: readonly string[]
  /** Where the baseline of the next line would be. */
  readonly nextY: number
}

/** Breaks a paragraph into lines at its spaces. */
export function layOutParagraph(paragraph: Paragraph): LaidOutParagraph {
  const { size = 24, x, y, width } = paragraph
  const pitch = paragraph.pitch ?? size * 1.35
  const measure = createTextMeasure(paragraph)
  const lines = breakLines(paragraph.text, width, measure)
  const style = styleOf(paragraph)
  const items = lines.flatMap((text, index): TextItem[] => {
    const baseline = y + index * pitch
    if (paragraph.justified !== true || index === lines.length - 1)
      return [{ ...style, text, x, y: baseline }]
    const words = text.split(' ')
    const spare = width - words.reduce((sum, word) => sum + measure(word), 0)
    let left = x
    return words.map((word) => {
      const item = { ...style, text: word, x: left, y: baseline }
      left += measure(word) + spare / Math.max(1, words.length - 1)
      return item
    })
  })
  return { items, lines, nextY: y + lines.length * pitch }
}

/** Cells of rows, each cell at the x of its column; a column with `anchor: 'end'` ends there. */
export function layOutRows(table: {
  readonly rows: readonly (readonly string[])[]
  readonly columns: readonly { readonly x: number; readonly anchor?: 'start' | 'middle' | 'end' }[]
  readonly y: number
  readonly pitch: number
  readonly style?: TextStyle
}): readonly TextItem[] {
  return table.rows.flatMap((row, index) =>
    row.flatMap((text, cell): TextItem[] => {
      const column = table.columns[cell]
      if (column === undefined || text === '') return []
      return [{ ...styleOf(table.style ?? {}), ...column, text, y: table.y + index * table.pitch }]
    }),
  )
}

function styleOf({ size, family, bold }: TextStyle): TextStyle {
  return {
    ...(size === undefined ? {} : { size }),
    ...(family === undefined ? {} : { family }),
    ...(bold === undefined ? {} : { bold }),
  }
}

function breakLines(text: string, width: number, measure: (text: string) => number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && measure(longer) > width) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return line === '' ? lines : [...lines, line]
}
