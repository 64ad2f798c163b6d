import { lineHeight, type LineWidths } from './line-crop.ts'

/** A stretch of a line, as shares of its width. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

/** Where a line has ink. */
export interface Ink {
  /** From the first to the last ink; the whole line where there is none. */
  readonly extent: Stretch
  /** The wide gaps in it, from left to right. */
  readonly gaps: readonly Stretch[]
}

/** Narrower gaps are spaces between words and never of interest. Share of the line's height. */
const minGapHeights = 0.3
/** Rows at the edges of a crop may show the lines above and below. */
const edgeRows = 5
/** A column whose brightness varies by less than this share of what is usual in the line has no ink: noise and shades. */
const inkShare = 0.3
/** "Usual" is this quantile of the columns, so that neither gaps nor specks count. */
const usualQuantile = 0.8

/**
 * Finds the ink of a line in its crop (as `cropLine` makes it). A line that is underlined or lies on a pattern has ink
 * everywhere.
 */
export function findInk(crop: Float32Array, widths: LineWidths): Ink {
  const variations = variationsOf(crop, widths)
  const usual = variations.toSorted()[Math.floor(usualQuantile * (widths.content - 1))] ?? 0
  const gaps: Stretch[] = []
  let first: number | undefined
  let last = widths.content - 1
  for (const [column, variation] of variations.entries()) {
    if (variation <= inkShare * usual) continue
    if (first !== undefined && column - last - 1 >= minGapHeights * lineHeight) {
      gaps.push({ from: (last + 1) / widths.content, to: column / widths.content })
    }
    first ??= column
    last = column
  }
  return { extent: { from: (first ?? 0) / widths.content, to: (last + 1) / widths.content }, gaps }
}

/** For each column of the content, how far its brightest and its darkest pixel are apart in the channel where they are furthest. */
function variationsOf(crop: Float32Array, { content, padded }: LineWidths): Float32Array {
  const variations = new Float32Array(content)
  for (let channel = 0; channel < 3; channel++) {
    const plane = channel * lineHeight * padded
    for (let column = 0; column < content; column++) {
      let [low, high] = [Infinity, -Infinity]
      for (let row = edgeRows; row < lineHeight - edgeRows; row++) {
        const value = crop[plane + row * padded + column] ?? 0
        if (value < low) low = value
        if (value > high) high = value
      }
      variations[column] = Math.max(variations[column] ?? 0, high - low)
    }
  }
  return variations
}
