import { middleOf, overlapOfHeights, widthOf, type LevelBox } from './level-box.ts'

/** Boxes of one row share at least this of the lower one's height. */
const rowOverlap = 0.5
/** Boxes of one row may cover each other by this share of the narrower one's width: rectangles have margins. */
const allowedCover = 0.3

/**
 * Groups the boxes of one column (sorted as `levelLines` sorts) into rows, from top to bottom, each from left to right.
 * A box is compared with its neighbour in the row, not with the row as a whole, so that bent rows hold together.
 */
export function groupRows(boxes: readonly LevelBox[]): readonly (readonly LevelBox[])[] {
  const rows: LevelBox[][] = []
  for (const box of boxes) {
    let best: { row: LevelBox[]; overlap: number } | undefined
    for (const row of rows) {
      const overlap = overlapWithRow(row, box)
      if (overlap >= rowOverlap && overlap > (best?.overlap ?? 0)) best = { row, overlap }
    }
    if (best === undefined) rows.push([box])
    else best.row.push(box)
  }
  return rows
    .map((row) => row.toSorted((a, b) => a.left - b.left))
    .map((row) => ({ row, middle: meanMiddle(row) }))
    .toSorted((a, b) => a.middle - b.middle)
    .map(({ row }) => row)
}

/** The overlap of heights with the nearest box of the row; 0 where the box lies over another one of it. */
function overlapWithRow(row: readonly LevelBox[], box: LevelBox): number {
  let nearest: { distance: number; member: LevelBox } | undefined
  for (const member of row) {
    const distance = Math.max(member.left, box.left) - Math.min(member.right, box.right)
    if (distance < -allowedCover * Math.min(widthOf(member), widthOf(box))) return 0
    if (nearest === undefined || distance < nearest.distance) nearest = { distance, member }
  }
  return nearest === undefined ? 0 : overlapOfHeights(nearest.member, box)
}

function meanMiddle(row: readonly LevelBox[]): number {
  const width = row.reduce((sum, box) => sum + widthOf(box), 0)
  return row.reduce((sum, box) => sum + middleOf(box) * widthOf(box), 0) / Math.max(1e-6, width)
}
