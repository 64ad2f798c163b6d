import type { Stretch } from './ink.ts'
import { splitLine, type ReadLine } from './read-line.ts'

/** A line as it lies when the page is turned level. */
export interface LevelBox {
  readonly line: ReadLine
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  /** Whether the line is read from left to right, as the page is. */
  readonly runsLevel: boolean
}

/** A line that lies at less than this to the others (its sine) is taken to be parallel: the tilt of a line is measured roughly. */
const parallelSine = 0.17

/**
 * The lines of a page turned level by its tilt, in an order that depends on what they are and not on the order in which
 * they are given: by middle, then by left edge, then by text.
 */
export function levelLines(lines: readonly ReadLine[]): readonly LevelBox[] {
  const tilt = tiltOf(lines)
  return lines
    .map((line) => levelBox(line, tilt))
    .toSorted(
      (a, b) =>
        middleOf(a) - middleOf(b) ||
        a.left - b.left ||
        a.right - b.right ||
        a.bottom - b.bottom ||
        (a.line.text < b.line.text ? -1 : a.line.text > b.line.text ? 1 : 0) ||
        a.line.confidence - b.line.confidence,
    )
}

/** The gap of a box's line that holds the strip from `left` to `right`; undefined where it has none there. */
export function gapOver(box: LevelBox, left: number, right: number): Stretch | undefined {
  if (!box.runsLevel) return undefined
  const width = widthOf(box)
  return box.line.gaps.find(
    ({ from, to }) => box.left + from * width <= left && box.left + to * width >= right,
  )
}

/** Cuts a box that runs level at a gap of its line. */
export function splitBox(box: LevelBox, gap: Stretch): readonly [LevelBox, LevelBox] {
  const [before, behind] = splitLine(box.line, gap)
  const width = widthOf(box)
  return [
    { ...box, line: before, right: box.left + gap.from * width },
    { ...box, line: behind, left: box.left + gap.to * width },
  ]
}

/** The vertical middle of a box. */
export function middleOf(box: LevelBox): number {
  return (box.top + box.bottom) / 2
}

/** The height of a box. */
export function heightOf(box: LevelBox): number {
  return box.bottom - box.top
}

/** The width of a box. */
export function widthOf(box: LevelBox): number {
  return box.right - box.left
}

/** The middle of the sorted numbers, the lower one of two; 0 for none. */
export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[(numbers.length - 1) >> 1] ?? 0
}

/** The share, 0 to 1, of the smaller box's height at which both have something. */
export function overlapOfHeights(a: LevelBox, b: LevelBox): number {
  const common = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)
  return Math.max(0, common) / Math.max(1e-6, Math.min(heightOf(a), heightOf(b)))
}

/** The median of the lines' tilts, weighted by how far each is from a square, whose tilt says nothing. Radians. */
function tiltOf(lines: readonly ReadLine[]): number {
  const tilts = lines
    .map(({ rectangle: { angle, width, height } }) => ({
      tilt:
        angle > Math.PI / 4
          ? angle - Math.PI / 2
          : angle < -Math.PI / 4
            ? angle + Math.PI / 2
            : angle,
      weight: Math.max(0, width - height),
    }))
    .toSorted((a, b) => a.tilt - b.tilt || a.weight - b.weight)
  const half = tilts.reduce((sum, { weight }) => sum + weight, 0) / 2
  let sum = 0
  for (const { tilt, weight } of tilts) {
    sum += weight
    if (sum > half) return tilt
  }
  return 0
}

function levelBox(line: ReadLine, tilt: number): LevelBox {
  const { x, y, width, height, angle } = line.rectangle
  const [cos, sin] = [Math.abs(Math.cos(angle - tilt)), Math.abs(Math.sin(angle - tilt))]
  const runsLevel = sin < parallelSine
  const halfWidth = (runsLevel ? width : width * cos + height * sin) / 2
  const halfHeight = (runsLevel ? height : width * sin + height * cos) / 2
  const along = x * Math.cos(tilt) + y * Math.sin(tilt)
  const across = y * Math.cos(tilt) - x * Math.sin(tilt)
  return {
    line,
    left: along - halfWidth,
    right: along + halfWidth,
    top: across - halfHeight,
    bottom: across + halfHeight,
    runsLevel,
  }
}
