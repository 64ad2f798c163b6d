import { heightOf, median, middleOf, overlapOfHeights, type LevelBox } from './level-box.ts'
import { isNarrow, looksLikeProse, looksNumeric } from './prose.ts'

/** A page cut at the gutter between two columns. */
export interface ColumnCut {
  /** What lies above the gutter's upper end. */
  readonly above: readonly LevelBox[]
  readonly left: readonly LevelBox[]
  readonly right: readonly LevelBox[]
  /** What lies below the gutter's lower end. */
  readonly below: readonly LevelBox[]
}

/** A gutter is at least this many median line heights wide; rectangles have margins, which make it narrower than it looks. */
const minGutterWidth = 0.6
/** Each side of a gutter has at least so many lines. */
const minLinesBeside = 2
/** The two sides lie beside each other for at least this share of the lower one. */
const minSharedHeight = 0.5
/** Middles of lines in one row differ by less than this share of their height. */
const alignedShare = 0.2
/** Where more lines than this share stand in rows, they are rows unless both sides are prose. */
const maxAligned = 0.5
/** A column of cells (prices, quantities, marks): the median is less than this many times as wide as high. */
const cellAspect = 4

/**
 * Finds the tallest gutter that separates columns to be read one after the other, in boxes sorted as `levelLines` sorts;
 * undefined where there is none. A gap between the cells of a table, between items and prices or labels and values, is
 * no such gutter: those are read row by row.
 */
export function findColumnCut(boxes: readonly LevelBox[]): ColumnCut | undefined {
  const minWidth = minGutterWidth * median(boxes.map(heightOf))
  let best: { cut: ColumnCut; height: number } | undefined
  for (const edge of new Set(boxes.map(({ left }) => left))) {
    for (const [top, bottom] of freeIntervals(boxes, edge - minWidth, edge)) {
      const cut = cutAt(boxes, edge, top, bottom)
      const height = sharedHeight(cut)
      if (height > (best?.height ?? 0) && separatesColumns(cut)) best = { cut, height }
    }
  }
  return best?.cut
}

/** Where a vertical strip crosses no box: ranges of heights, the first and the last without an end. */
function freeIntervals(boxes: readonly LevelBox[], left: number, right: number): readonly (readonly [number, number])[] {
  const blocking = boxes.filter((box) => box.left < right && box.right > left).toSorted((a, b) => a.top - b.top)
  const intervals: [number, number][] = []
  let from = -Infinity
  for (const box of blocking) {
    if (middleOf(box) > from) intervals.push([from, middleOf(box)])
    from = Math.max(from, middleOf(box))
  }
  return [...intervals, [from, Infinity]]
}

function cutAt(boxes: readonly LevelBox[], edge: number, top: number, bottom: number): ColumnCut {
  const beside = boxes.filter((box) => middleOf(box) > top && middleOf(box) < bottom)
  return {
    above: boxes.filter((box) => middleOf(box) <= top),
    left: beside.filter((box) => box.left < edge),
    right: beside.filter((box) => box.left >= edge),
    below: boxes.filter((box) => middleOf(box) >= bottom),
  }
}

/** The height at which both sides have something; 0 where they do not lie beside each other. */
function sharedHeight({ left, right }: ColumnCut): number {
  if (left.length < minLinesBeside || right.length < minLinesBeside) return 0
  const [leftTop, leftBottom] = verticalExtent(left)
  const [rightTop, rightBottom] = verticalExtent(right)
  const shared = Math.min(leftBottom, rightBottom) - Math.max(leftTop, rightTop)
  return shared >= minSharedHeight * Math.min(leftBottom - leftTop, rightBottom - rightTop) ? shared : 0
}

function verticalExtent(boxes: readonly LevelBox[]): readonly [number, number] {
  return [Math.min(...boxes.map(({ top }) => top)), Math.max(...boxes.map(({ bottom }) => bottom))]
}

function separatesColumns({ left, right }: ColumnCut): boolean {
  const [beforeGutter, behindGutter] = [nearGutter(left, 'right'), nearGutter(right, 'left')]
  if (looksLikeProse(beforeGutter) && looksLikeProse(behindGutter)) return true
  if ([beforeGutter, behindGutter].some((side) => isNarrow(side, cellAspect) || looksNumeric(side))) return false
  return alignment(beforeGutter, behindGutter) <= maxAligned
}

/** The boxes of one side that have no other box of it between themselves and the gutter. */
function nearGutter(side: readonly LevelBox[], gutterAt: 'left' | 'right'): readonly LevelBox[] {
  return side.filter(
    (box) =>
      !side.some((other) => {
        if (other === box || overlapOfHeights(box, other) < 0.5) return false
        return gutterAt === 'right' ? other.left >= box.right : other.right <= box.left
      }),
  )
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
