import { heightOf, median, middleOf, overlapOfHeights, type LevelBox } from './level-box.ts'
import { isNarrow, looksLikeProse, looksNumeric } from './prose.ts'

/** What lies beside a possible gutter. */
export interface Sides {
  readonly left: readonly LevelBox[]
  readonly right: readonly LevelBox[]
  /** How many lines were cut at the gutter: the detector had taken them for one. */
  readonly cutLines: number
}

/** Middles of lines in one row differ by less than this share of their height. */
const alignedShare = 0.2
/** Where more lines than this share stand in rows, they are rows unless both sides are prose. */
const maxAligned = 0.5
/** A column of cells (prices, quantities, marks): the median is less than this many times as wide as high. */
const cellAspect = 4
/** Boxes in one row share at least this of the lower one's height. */
const minRowOverlap = 0.5
/** Spaces between words can lie below each other by chance for fewer lines than this. */
const minLinesOfCut = 5

/** Whether the two sides are columns, each to be read from its top to its bottom. */
export function separatesColumns(sides: Sides): boolean {
  const [before, behind] = nearGutter(sides)
  if (sides.cutLines > 0 && Math.min(before.length, behind.length) < minLinesOfCut) return false
  if (looksLikeProse(before) && looksLikeProse(behind)) return true
  return (
    sides.cutLines === 0 &&
    !areCells(before) &&
    !areCells(behind) &&
    alignment(before, behind) <= maxAligned
  )
}

/** Whether the two sides are surely to be read row by row, even where columns stand above or below them. */
export function readAcross(sides: Sides): boolean {
  const [before, behind] = nearGutter(sides)
  if (before.length === 0 || behind.length === 0) return false
  if (looksLikeProse(before) && looksLikeProse(behind)) return false
  return alignment(before, behind) > maxAligned
}

function areCells(side: readonly LevelBox[]): boolean {
  return isNarrow(side, cellAspect) || looksNumeric(side)
}

/** The column of each side that is next to the gutter. */
function nearGutter({ left, right }: Sides): readonly [readonly LevelBox[], readonly LevelBox[]] {
  return [
    mainColumn(withoutNeighbour(left, (box, other) => other.left >= box.right)),
    mainColumn(withoutNeighbour(right, (box, other) => other.right <= box.left)),
  ]
}

/** The boxes (sorted by their middles) that have no other in their row in the direction that `isBehind` means. */
function withoutNeighbour(
  boxes: readonly LevelBox[],
  isBehind: (box: LevelBox, other: LevelBox) => boolean,
): readonly LevelBox[] {
  const reach = Math.max(...boxes.map(heightOf))
  const isNeighbour = (box: LevelBox, other: LevelBox | undefined) =>
    other !== undefined && isBehind(box, other) && overlapOfHeights(box, other) >= minRowOverlap
  return boxes.filter((box, index) => {
    const [top, bottom] = [middleOf(box) - reach, middleOf(box) + reach]
    for (let i = index - 1; middleAt(boxes, i) >= top; i--)
      if (isNeighbour(box, boxes[i])) return false
    for (let i = index + 1; middleAt(boxes, i) <= bottom; i++)
      if (isNeighbour(box, boxes[i])) return false
    return true
  })
}

/** NaN beyond the ends, which compares as false. */
function middleAt(boxes: readonly LevelBox[], index: number): number {
  const box = boxes[index]
  return box === undefined ? NaN : middleOf(box)
}

/** Without the boxes of columns further away, where these are higher than the one next to the gutter. */
function mainColumn(boxes: readonly LevelBox[]): readonly LevelBox[] {
  const [left, right] = [
    median(boxes.map((box) => box.left)),
    median(boxes.map((box) => box.right)),
  ]
  return boxes.filter((box) => box.left < right && box.right > left)
}

/** The share of the boxes of the side with fewer that stand in a row with a box of the other side. */
function alignment(one: readonly LevelBox[], other: readonly LevelBox[]): number {
  const [few, many] = one.length <= other.length ? [one, other] : [other, one]
  const aligned = few.filter((box) => many.some((partner) => isAligned(box, partner)))
  return aligned.length / Math.max(1, few.length)
}

function isAligned(a: LevelBox, b: LevelBox): boolean {
  return Math.abs(middleOf(a) - middleOf(b)) < (alignedShare * (heightOf(a) + heightOf(b))) / 2
}
