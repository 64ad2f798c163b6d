import { gapOver, heightOf, median, middleOf, splitBox, type LevelBox } from './level-box.ts'
import { readAcross, separatesColumns, type Sides } from './sides.ts'

/** A page cut at the gutter between two columns. */
export interface ColumnCut extends Sides {
  /** What lies above the gutter's upper end. */
  readonly above: readonly LevelBox[]
  /** What lies below the gutter's lower end. */
  readonly below: readonly LevelBox[]
}

/** A vertical strip that may be a gutter. */
interface Strip {
  readonly left: number
  readonly right: number
}

type Extent = readonly [top: number, bottom: number]

/** A gutter is at least this many median line heights wide; the detector's margins make gaps narrower than they look. */
const minGutterHeights = 0.4
/** A blank band over both columns that is higher than this many median line heights may end them. */
const minBandHeights = 1.5
/** Each side of a gutter has at least so many lines. */
const minLinesBeside = 2
/** The two sides lie beside each other for at least this share of the lower one. */
const minSharedHeight = 0.5

/**
 * Finds the tallest gutter that separates columns to be read one after the other, in boxes sorted as `levelLines` sorts;
 * undefined where there is none. A gap between the cells of a table, between items and prices or labels and values, is
 * no such gutter: those are read row by row. Lines that run on over the gutter are cut.
 */
export function findColumnCut(boxes: readonly LevelBox[]): ColumnCut | undefined {
  const unit = median(boxes.map(heightOf))
  let best: { cut: ColumnCut; height: number } | undefined
  for (const right of rightEdges(boxes)) {
    const strip = { left: right - minGutterHeights * unit, right }
    for (const extent of freeExtents(boxes, strip).flatMap((free) =>
      columnExtents(boxes, strip, free, unit),
    )) {
      const cut = cutAt(boxes, strip, extent)
      const height = sharedHeight(cut)
      if (height > (best?.height ?? 0) && separatesColumns(cut)) best = { cut, height }
    }
  }
  return best?.cut
}

/** Where a gutter may end: at the left edges of lines, and behind gaps in lines. */
function rightEdges(boxes: readonly LevelBox[]): ReadonlySet<number> {
  return new Set(
    boxes.flatMap(({ left, right, line, runsLevel }) => [
      left,
      ...(runsLevel ? line.gaps.map(({ to }) => left + to * (right - left)) : []),
    ]),
  )
}

/** Where a strip crosses no box but in a gap: ranges of heights, the first and the last without an end. */
function freeExtents(boxes: readonly LevelBox[], strip: Strip): readonly Extent[] {
  const extents: Extent[] = []
  let from = -Infinity
  for (const box of boxes) {
    const crosses = box.left < strip.right && box.right > strip.left
    if (!crosses || gapOver(box, strip.left, strip.right) !== undefined) continue
    extents.push([from, middleOf(box)])
    from = middleOf(box)
  }
  return [...extents, [from, Infinity]]
}

/**
 * The parts of a free extent that may be columns: blank bands divide it, and a division that is read across (a table
 * under two columns, a running head above them) belongs to no column.
 */
function columnExtents(
  boxes: readonly LevelBox[],
  strip: Strip,
  extent: Extent,
  unit: number,
): readonly Extent[] {
  const runs: Sides[][] = [[]]
  for (const division of divideAtBands(besideOf(boxes, extent), minBandHeights * unit)) {
    const sides = sidesOf(division, strip)
    if (readAcross(sides)) runs.push([])
    else runs.at(-1)?.push(sides)
  }
  return runs
    .map((run) => trimSingleLines(run).flatMap(({ left, right }) => [...left, ...right]))
    .filter((run) => run.length > 0)
    .map(verticalExtent)
}

/** A single line beside nothing, apart from the columns by a band, is a header, a date or a page number. */
function trimSingleLines(run: readonly Sides[]): readonly Sides[] {
  const isColumn = ({ left, right }: Sides) => left.length + right.length > 1
  return run.slice(Math.max(0, run.findIndex(isColumn)), run.findLastIndex(isColumn) + 1)
}

function divideAtBands(
  boxes: readonly LevelBox[],
  minBand: number,
): readonly (readonly LevelBox[])[] {
  const divisions: LevelBox[][] = []
  let bottom = -Infinity
  for (const box of boxes.toSorted((a, b) => a.top - b.top)) {
    if (box.top - bottom > minBand) divisions.push([])
    divisions.at(-1)?.push(box)
    bottom = Math.max(bottom, box.bottom)
  }
  return divisions
}

function cutAt(boxes: readonly LevelBox[], strip: Strip, extent: Extent): ColumnCut {
  return {
    above: boxes.filter((box) => middleOf(box) <= extent[0]),
    ...sidesOf(besideOf(boxes, extent), strip),
    below: boxes.filter((box) => middleOf(box) >= extent[1]),
  }
}

function besideOf(boxes: readonly LevelBox[], [top, bottom]: Extent): readonly LevelBox[] {
  return boxes.filter((box) => middleOf(box) > top && middleOf(box) < bottom)
}

function sidesOf(boxes: readonly LevelBox[], strip: Strip): Sides {
  let cutLines = 0
  const parts = boxes.flatMap((box) => {
    const gap =
      box.left < strip.right && box.right > strip.left
        ? gapOver(box, strip.left, strip.right)
        : undefined
    if (gap === undefined) return [box]
    cutLines++
    return splitBox(box, gap)
  })
  return {
    left: parts.filter((box) => box.left < strip.left),
    right: parts.filter((box) => box.left >= strip.left),
    cutLines,
  }
}

/** The height at which both sides have something; 0 where they do not lie beside each other. */
function sharedHeight({ left, right }: Sides): number {
  if (left.length < minLinesBeside || right.length < minLinesBeside) return 0
  const [leftTop, leftBottom] = verticalExtent(left)
  const [rightTop, rightBottom] = verticalExtent(right)
  const shared = Math.min(leftBottom, rightBottom) - Math.max(leftTop, rightTop)
  return shared >= minSharedHeight * Math.min(leftBottom - leftTop, rightBottom - rightTop)
    ? shared
    : 0
}

function verticalExtent(boxes: readonly LevelBox[]): Extent {
  return [Math.min(...boxes.map(({ top }) => top)), Math.max(...boxes.map(({ bottom }) => bottom))]
}
