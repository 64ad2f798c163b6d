import { minAreaRectangle } from './min-area-rectangle.ts'
import { grow, type RotatedRectangle } from './rotated-rectangle.ts'
import { findTextComponents } from './text-components.ts'

/** A pixel that is more probable than this belongs to text (the threshold of DB, Liao et al., 2020). */
const pixelThreshold = 0.3
/** Mean probability inside a rectangle below which it is no text. */
const rectangleThreshold = 0.6
/** The detector marks the core of a line: the rectangle grows by `ratio * area / perimeter`. */
const unclipRatio = 1.5
/** Smaller cores are specks. In pixels of the map. */
const minCorePixels = 3

/**
 * The rectangles round the text of a detector's probability map, in pixels of the map, in the order of their first pixel.
 * Reading direction is along the side next to horizontal.
 */
export function findTextRectangles(
  map: Float32Array,
  width: number,
  height: number,
): readonly RotatedRectangle[] {
  const components = findTextComponents(map, width, height, pixelThreshold)
  const rectangles: RotatedRectangle[] = []
  for (const { area, outline } of components) {
    if (area < minCorePixels * minCorePixels) continue
    const core = minAreaRectangle(outline)
    if (Math.min(core.width, core.height) < minCorePixels) continue
    if (meanInside(map, width, height, core) < rectangleThreshold) continue
    rectangles.push(
      grow(core, (unclipRatio * core.width * core.height) / (2 * (core.width + core.height))),
    )
  }
  return rectangles
}

function meanInside(
  map: Float32Array,
  width: number,
  height: number,
  rectangle: RotatedRectangle,
): number {
  const [cos, sin] = [Math.cos(rectangle.angle), Math.sin(rectangle.angle)]
  const halfWidth = (rectangle.width * Math.abs(cos) + rectangle.height * Math.abs(sin)) / 2
  const halfHeight = (rectangle.width * Math.abs(sin) + rectangle.height * Math.abs(cos)) / 2
  const [left, right] = [
    Math.max(0, Math.floor(rectangle.x - halfWidth)),
    Math.min(width, Math.ceil(rectangle.x + halfWidth)),
  ]
  const [top, bottom] = [
    Math.max(0, Math.floor(rectangle.y - halfHeight)),
    Math.min(height, Math.ceil(rectangle.y + halfHeight)),
  ]
  let [sum, count] = [0, 0]
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const [dx, dy] = [x + 0.5 - rectangle.x, y + 0.5 - rectangle.y]
      if (Math.abs(dx * cos + dy * sin) > rectangle.width / 2) continue
      if (Math.abs(dy * cos - dx * sin) > rectangle.height / 2) continue
      sum += map[y * width + x] ?? 0
      count++
    }
  }
  return count === 0 ? 0 : sum / count
}
