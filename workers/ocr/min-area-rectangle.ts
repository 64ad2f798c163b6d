import { quarterTurn, type Point, type RotatedRectangle } from './rotated-rectangle.ts'

/**
 * The rectangle of the smallest area that contains all points; its angle is in (-45°, 45°]. One side of it lies on a side
 * of the convex hull (Freeman and Shapira, 1975), so every side of the hull is tried. Throws where there is no point.
 */
export function minAreaRectangle(points: readonly Point[]): RotatedRectangle {
  const hull = convexHull(points)
  let best: RotatedRectangle | undefined
  for (const [index, from] of hull.entries()) {
    const to = hull[(index + 1) % hull.length] ?? from
    const candidate = rectangleAt(hull, Math.atan2(to.y - from.y, to.x - from.x))
    // A tie between two sides goes to the first, by more than the last digits of a float.
    if (best === undefined || area(candidate) < area(best) * (1 - 1e-9)) best = candidate
  }
  if (best === undefined) throw new RangeError('no points')
  return best
}

/** The corners of the convex hull in clockwise order (y points down), by Andrew's monotone chain. */
export function convexHull(points: readonly Point[]): readonly Point[] {
  const sorted = points.toSorted((a, b) => a.x - b.x || a.y - b.y)
  const upper = halfHull(sorted)
  const lower = halfHull(sorted.toReversed())
  return sorted.length < 2 ? sorted : [...upper.slice(0, -1), ...lower.slice(0, -1)]
}

function halfHull(sorted: readonly Point[]): Point[] {
  const hull: Point[] = []
  for (const point of sorted) {
    while (hull.length > 1 && !turnsRight(hull.at(-2), hull.at(-1), point)) hull.pop()
    hull.push(point)
  }
  return hull
}

function turnsRight(a: Point | undefined, b: Point | undefined, c: Point): boolean {
  if (a === undefined || b === undefined) return true
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x) > 0
}

function area({ width, height }: RotatedRectangle): number {
  return width * height
}

/** The smallest rectangle round the points with sides along `angle`, turned to the angle next to 0. */
function rectangleAt(points: readonly Point[], angle: number): RotatedRectangle {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity]
  for (const { x, y } of points) {
    const along = x * cos + y * sin
    const across = y * cos - x * sin
    left = Math.min(left, along)
    right = Math.max(right, along)
    top = Math.min(top, across)
    bottom = Math.max(bottom, across)
  }
  const [along, across] = [(left + right) / 2, (top + bottom) / 2]
  return upright({
    x: along * cos - across * sin,
    y: along * sin + across * cos,
    width: right - left,
    height: bottom - top,
    angle,
  })
}

function upright(rectangle: RotatedRectangle): RotatedRectangle {
  let turned = rectangle
  while (turned.angle > Math.PI / 4) turned = quarterTurn(turned, -1)
  while (turned.angle <= -Math.PI / 4) turned = quarterTurn(turned, 1)
  return turned
}
