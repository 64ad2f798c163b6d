import type { Point } from './face-box.ts'

/** Turns, scales and moves: x' = a·x − b·y + x₀, y' = b·x + a·y + y₀. */
export interface Similarity {
  readonly a: number
  readonly b: number
  readonly x: number
  readonly y: number
}

/**
 * The similarity that takes `from` nearest to `to`, point by point, by least squares: no mirroring, no shearing. `undefined`
 * where all points of `from` are one, so that nothing is said of scale and direction.
 */
export function fitSimilarity(
  from: readonly Point[],
  to: readonly Point[],
): Similarity | undefined {
  const centre = meanOf(from)
  const target = meanOf(to)
  let spread = 0
  let along = 0
  let across = 0
  from.forEach((point, index) => {
    const other = to[index] ?? target
    const [x, y] = [point.x - centre.x, point.y - centre.y]
    const [u, v] = [other.x - target.x, other.y - target.y]
    spread += x * x + y * y
    along += x * u + y * v
    across += x * v - y * u
  })
  if (spread === 0) return undefined
  const [a, b] = [along / spread, across / spread]
  return {
    a,
    b,
    x: target.x - a * centre.x + b * centre.y,
    y: target.y - b * centre.x - a * centre.y,
  }
}

/** How many times longer a distance becomes. */
export function scaleOf({ a, b }: Similarity): number {
  return Math.hypot(a, b)
}

/** Where a similarity takes a point. */
export function transformed({ a, b, x, y }: Similarity, point: Point): Point {
  return { x: a * point.x - b * point.y + x, y: b * point.x + a * point.y + y }
}

/** The way back. Its scale must not be 0. */
export function inverseOf({ a, b, x, y }: Similarity): Similarity {
  const size = a * a + b * b
  const [c, d] = [a / size, -b / size]
  return { a: c, b: d, x: -(c * x - d * y), y: -(d * x + c * y) }
}

function meanOf(points: readonly Point[]): Point {
  const sum = (axis: 'x' | 'y') => points.reduce((total, point) => total + point[axis], 0)
  return { x: sum('x') / points.length, y: sum('y') / points.length }
}
