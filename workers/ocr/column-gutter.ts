import { gapOver, heightOf, median, splitBox, type LevelBox } from './level-box.ts'
import { readAcross, separatesColumns, type Sides } from './sides.ts'

/** A page cut at the gutter between two columns. */
export interface ColumnCut {
  /** What lies above the gutter's upper end. */
  readonly above: readonly LevelBox[]
  readonly left: readonly LevelBox[]
  readonly right: readonly LevelBox[]
  /** What lies below the gutter's lower end. */
  readonly below: readonly LevelBox[]
}

/** A vertical strip that may be a gutter. */
interface Strip {
  readonly left: number
  readonly right: number
}

/** A gutter is at least this many median line heights wide: half the size of the letters. */
const minGutterHeights = 0.4
/** Of edges nearer to each other than this many median line heights one is tried. */
const edgeStepHeights = 0.05
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
  let best: { run: readonly LevelBox[]; sides: Sides; height: number } | undefined
  for (const right of rightEdges(boxes, edgeStepHeights * unit)) {
    const strip = { left: right - minGutterHeights * unit, right }
    for (const run of freeRuns(boxes, strip).flatMap((free) =>
      columnRuns(free, strip, minBandHeights * unit),
    )) {
      const sides = sidesOf(run, strip)
      const height = sharedHeight(sides)
      if (height > (best?.height ?? 0) && separatesColumns(sides)) best = { run, sides, height }
    }
  }
  if (best === undefined) return undefined
  const inside = new Set(best.run)
  const first = boxes.findIndex((box) => inside.has(box))
  return {
    above: boxes.slice(0, first),
    left: best.sides.left,
    right: best.sides.right,
    below: boxes.slice(first).filter((box) => !inside.has(box)),
  }
}

/** Where a gutter may end: at the left edges of lines, and behind gaps in lines. */
function rightEdges(boxes: readonly LevelBox[], minStep: number): readonly number[] {
  const edges = boxes.flatMap(({ left, right, line, runsLevel }) => [
    left,
    ...(runsLevel ? line.gaps.map(({ to }) => left + to * (right - left)) : []),
  ])
  const kept: number[] = []
  for (const edge of edges.toSorted((a, b) => a - b)) {
    if (edge - (kept.at(-1) ?? -Infinity) > minStep) kept.push(edge)
  }
  return kept
}

/** The boxes between those that the strip crosses, other than in a gap. */
function freeRuns(boxes: readonly LevelBox[], strip: Strip): readonly (readonly LevelBox[])[] {
  const runs: (readonly LevelBox[])[] = []
  let from = 0
  for (const [index, box] of boxes.entries()) {
    if (!crosses(box, strip) || gapOver(box, strip.left, strip.right) !== undefined) continue
    runs.push(boxes.slice(from, index))
    from = index + 1
  }
  return [...runs, boxes.slice(from)].filter((run) => run.length >= minLinesBeside)
}

/**
 * The parts of a free run that may be columns: blank bands divide it, and a division that is read across (a table under
 * two columns, a running head above them) belongs to no column.
 */
function columnRuns(
  free: readonly LevelBox[],
  strip: Strip,
  minBand: number,
): readonly (readonly LevelBox[])[] {
  if (!hasBothSides(sidesOf(free, strip))) return []
  const runs: (readonly LevelBox[])[][] = [[]]
  for (const division of divideAtBands(free, minBand)) {
    if (readAcross(sidesOf(division, strip))) runs.push([])
    else runs.at(-1)?.push(division)
  }
  return runs.map((run) => trimSingleLines(run).flat())
}

/** A single line beside nothing, apart from the columns by a band, is a header, a date or a page number. */
function trimSingleLines(run: readonly (readonly LevelBox[])[]): readonly (readonly LevelBox[])[] {
  const isColumn = (division: readonly LevelBox[]) => division.length > 1
  return run.slice(Math.max(0, run.findIndex(isColumn)), run.findLastIndex(isColumn) + 1)
}

function divideAtBands(
  boxes: readonly LevelBox[],
  minBand: number,
): readonly (readonly LevelBox[])[] {
  const divisions: LevelBox[][] = []
  let bottom = -Infinity
  for (const box of boxes) {
    if (box.top - bottom > minBand) divisions.push([])
    divisions.at(-1)?.push(box)
    bottom = Math.max(bottom, box.bottom)
  }
  return divisions
}

function sidesOf(boxes: readonly LevelBox[], strip: Strip): Sides {
  let cutLines = 0
  const parts = boxes.flatMap((box) => {
    const gap = crosses(box, strip) ? gapOver(box, strip.left, strip.right) : undefined
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

function crosses(box: LevelBox, strip: Strip): boolean {
  return box.left < strip.right && box.right > strip.left
}

/** The height at which both sides have something; 0 where they do not lie beside each other. */
function sharedHeight(sides: Sides): number {
  const { left, right } = sides
  if (!hasBothSides(sides)) return 0
  const [leftTop, leftBottom] = verticalExtent(left)
  const [rightTop, rightBottom] = verticalExtent(right)
  const shared = Math.min(leftBottom, rightBottom) - Math.max(leftTop, rightTop)
  return shared >= minSharedHeight * Math.min(leftBottom - leftTop, rightBottom - rightTop)
    ? shared
    : 0
}

function hasBothSides({ left, right }: Sides): boolean {
  return left.length >= minLinesBeside && right.length >= minLinesBeside
}

function verticalExtent(boxes: readonly LevelBox[]): readonly [top: number, bottom: number] {
  return [Math.min(...boxes.map(({ top }) => top)), Math.max(...boxes.map(({ bottom }) => bottom))]
}
