import { editDistance, unorderedDistance } from './edit-distance.ts'

/** A text in reading order, rows apart by line feeds, and the lines that it consists of: a cell of a row is one. */
export interface TextWithLines {
  readonly text: string
  readonly lines: readonly string[]
}

/** What was right and wrong; of several texts these may be added. */
export interface TextCounts {
  readonly characters: number
  /** Edits that make the text read of the one written. */
  readonly errors: number
  /** The same, whatever the order of the lines. */
  readonly unorderedErrors: number
  readonly words: number
  readonly wordsFound: number
  readonly lines: number
  readonly linesExact: number
}

/** What was read of so many words, lines and characters. */
export interface TextRates {
  readonly wordRecall: number
  /** Character error rates, with the order and without it. */
  readonly errorRate: number
  readonly unorderedErrorRate: number
  readonly linesExact: number
}

/** Compares what was read with what is written. Runs of white space count as one space. */
export function countText(read: TextWithLines, written: TextWithLines): TextCounts {
  const [got, wanted] = [normalise(read), normalise(written)]
  const words = wordsOf(wanted.text)
  const errors = editDistance(wanted.text, got.text)
  return {
    characters: Array.from(wanted.text).length,
    errors,
    // Cells may have been read as a row or a row as cells: that is no wrong character. Nor can the order make it better.
    unorderedErrors: Math.min(
      errors,
      unorderedDistance(wanted.lines, got.lines),
      unorderedDistance(wanted.rows, got.rows),
    ),
    words: words.length,
    wordsFound: countCommon(words, wordsOf(got.text)),
    lines: wanted.lines.length,
    linesExact: countCommon(wanted.lines, got.lines),
  }
}

/** Rates what several texts have together. */
export function rateText(counts: readonly TextCounts[]): TextRates {
  const sum = (of: (count: TextCounts) => number) =>
    counts.reduce((total, count) => total + of(count), 0)
  const characters = Math.max(
    1,
    sum((count) => count.characters),
  )
  return {
    wordRecall:
      sum((count) => count.wordsFound) /
      Math.max(
        1,
        sum((count) => count.words),
      ),
    errorRate: sum((count) => count.errors) / characters,
    unorderedErrorRate: sum((count) => count.unorderedErrors) / characters,
    linesExact:
      sum((count) => count.linesExact) /
      Math.max(
        1,
        sum((count) => count.lines),
      ),
  }
}

function normalise({ text, lines }: TextWithLines) {
  const tidy = (line: string) => line.normalize('NFC').replaceAll(/\s+/g, ' ').trim()
  const rows = text
    .split('\n')
    .map(tidy)
    .filter((row) => row !== '')
  return {
    text: rows.join('\n'),
    rows,
    lines: lines.map(tidy).filter((line) => line !== ''),
  }
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}

/** How many of the first list are in the second, each of which counts once. */
function countCommon(wanted: readonly string[], got: readonly string[]): number {
  const left = new Map<string, number>()
  for (const item of got) left.set(item, (left.get(item) ?? 0) + 1)
  return wanted.filter((item) => {
    const count = left.get(item) ?? 0
    left.set(item, count - 1)
    return count > 0
  }).length
}
