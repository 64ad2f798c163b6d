import { findColumnCut } from './column-gutter.ts'
import { levelLines, type LevelBox } from './level-box.ts'
import type { ReadLine } from './read-line.ts'
import { groupRows } from './rows.ts'

/** Rows from top to bottom, each a list of lines from left to right. */
export type TextColumn = readonly (readonly ReadLine[])[]

/**
 * Brings lines into the order in which people read them. Columns of running text are read one after the other, a title
 * over them before, what stands below them after; inside a column, and where there are none, text is read row by row, so that
 * an item stays with its price and a label with its value. A tilted page is turned level before. A line that runs on over the gutter is cut there. Every
 * character is in exactly one column, and the result does not depend on the order of `lines`.
 */
export function orderLines(lines: readonly ReadLine[]): readonly TextColumn[] {
  return splitColumns(levelLines(lines)).map((column) =>
    groupRows(column).map((row) => row.map(({ line }) => line)),
  )
}

function splitColumns(boxes: readonly LevelBox[]): readonly (readonly LevelBox[])[] {
  if (boxes.length === 0) return []
  const cut = findColumnCut(boxes)
  if (cut === undefined) return [boxes]
  return [cut.above, cut.left, cut.right, cut.below].flatMap(splitColumns)
}
