import type { Ink, Stretch } from './ink.ts'
import type { RotatedRectangle } from './rotated-rectangle.ts'

/** A character that was read. */
export interface ReadCharacter {
  readonly text: string
  /** 0 to 1. */
  readonly probability: number
  /** Roughly where it is, as a share of the line's width. */
  readonly at: number
}

/** A line of text that was read, and where. */
export interface ReadLine {
  /** Without white space at its ends. */
  readonly text: string
  /** Mean probability of the characters, 0 to 1; 0 where there is none. */
  readonly confidence: number
  readonly rectangle: RotatedRectangle
  readonly characters: readonly ReadCharacter[]
  /** Gaps wide enough to be a gutter between columns, each with characters on both sides, from left to right. */
  readonly gaps: readonly Stretch[]
}

/**
 * Makes a line of what was read in a rectangle, which shrinks to the ink: never so far that a character is lost, but
 * without the end of a neighbour's text that no character was read in.
 */
export function createReadLine(
  rectangle: RotatedRectangle,
  characters: readonly ReadCharacter[],
  ink: Ink,
): ReadLine {
  const line = assemble(rectangle, characters, ink.gaps)
  const [first, last] = [line.characters[0], line.characters.at(-1)]
  if (first === undefined || last === undefined) return line
  const before = ink.gaps.findLast((gap) => middleOf(gap) <= first.at)
  const behind = ink.gaps.find((gap) => middleOf(gap) >= last.at)
  return partOf(line, {
    from: Math.min(before?.to ?? ink.extent.from, first.at),
    to: Math.max(behind?.from ?? ink.extent.to, last.at),
  })
}

/** Cuts a line at one of its gaps into the parts before and behind it. */
export function splitLine(line: ReadLine, gap: Stretch): readonly [ReadLine, ReadLine] {
  return [partOf(line, { from: 0, to: gap.from }), partOf(line, { from: gap.to, to: 1 })]
}

/** Cuts a line at all gaps that are at least `minHeights` times as wide as the line is high. */
export function splitAtWideGaps(line: ReadLine, minHeights: number): readonly ReadLine[] {
  const { width, height } = line.rectangle
  const gap = line.gaps.find(({ from, to }) => (to - from) * width >= minHeights * height)
  if (gap === undefined) return [line]
  const [before, behind] = splitLine(line, gap)
  return [before, ...splitAtWideGaps(behind, minHeights)]
}

/** A part of a line. A character goes to the part that it is nearest to: where it is was measured roughly. */
function partOf(line: ReadLine, { from, to }: Stretch): ReadLine {
  const { rectangle } = line
  const along = ((from + to - 1) / 2) * rectangle.width
  const rescale = (share: number) => (share - from) / (to - from)
  const before = line.gaps.findLast((gap) => gap.to <= from)
  const behind = line.gaps.find((gap) => gap.from >= to)
  const start = before === undefined ? -Infinity : middleOf(before)
  const end = behind === undefined ? Infinity : middleOf(behind)
  return assemble(
    {
      ...rectangle,
      x: rectangle.x + along * Math.cos(rectangle.angle),
      y: rectangle.y + along * Math.sin(rectangle.angle),
      width: (to - from) * rectangle.width,
    },
    line.characters
      .filter(({ at }) => at >= start && at < end)
      .map((character) => ({ ...character, at: rescale(character.at) })),
    line.gaps
      .filter((gap) => gap.from > from && gap.to < to)
      .map((gap) => ({ from: rescale(gap.from), to: rescale(gap.to) })),
  )
}

function assemble(
  rectangle: RotatedRectangle,
  characters: readonly ReadCharacter[],
  gaps: readonly Stretch[],
): ReadLine {
  const isInk = ({ text }: ReadCharacter) => text.trim() !== ''
  const first = characters.findIndex(isInk)
  const kept = first < 0 ? [] : characters.slice(first, characters.findLastIndex(isInk) + 1)
  const [start, end] = [kept[0]?.at ?? 0, kept.at(-1)?.at ?? 0]
  const sum = kept.reduce((total, { probability }) => total + probability, 0)
  return {
    text: kept.map(({ text }) => text).join(''),
    confidence: Math.min(1, sum / Math.max(1, kept.length)),
    rectangle,
    characters: kept,
    gaps: gaps.filter((gap) => middleOf(gap) > start && middleOf(gap) < end),
  }
}

function middleOf({ from, to }: Stretch): number {
  return (from + to) / 2
}
