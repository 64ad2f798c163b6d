/** A tile of the canvas, and which of its edges lie inside the canvas, where a face may be cut in two. */
export interface Tile {
  readonly left: number
  readonly top: number
  readonly inner: { left: boolean; top: boolean; right: boolean; bottom: boolean }
}

/** The detector's input. */
export const inputWidth = 320
export const inputHeight = 240

/** Tiles share at least this part, so that a face smaller than it lies wholly in one of them. */
const minShared = 0.2

/**
 * Covers a canvas with tiles of the detector's input size, spread evenly. None where one tile would hold the whole
 * canvas: then the full pass has seen it in at least that resolution.
 */
export function planTiles(width: number, height: number): Tile[] {
  if (width <= inputWidth && height <= inputHeight) return []
  return startsOf(height, inputHeight).flatMap((top) =>
    startsOf(width, inputWidth).map((left) => ({
      left,
      top,
      inner: {
        left: left > 0,
        top: top > 0,
        right: left + inputWidth < width,
        bottom: top + inputHeight < height,
      },
    })),
  )
}

function startsOf(extent: number, tile: number): number[] {
  const rest = Math.max(0, extent - tile)
  const steps = Math.ceil(rest / (tile * (1 - minShared)))
  return Array.from({ length: steps + 1 }, (_, index) =>
    steps === 0 ? 0 : Math.round((rest * index) / steps),
  )
}
