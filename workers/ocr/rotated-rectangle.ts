/** A point in pixels. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** A rectangle round text. `angle` is the direction of reading: 0 to the right, growing clockwise (y points down). */
export interface RotatedRectangle {
  /** The centre. */
  readonly x: number
  readonly y: number
  /** Along the direction of reading. */
  readonly width: number
  /** Across it. */
  readonly height: number
  /** Radians. */
  readonly angle: number
}

/** The four corners, clockwise from the one where the text starts at its top. */
export function cornersOf({
  x,
  y,
  width,
  height,
  angle,
}: RotatedRectangle): readonly [Point, Point, Point, Point] {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
  const corner = (along: number, across: number): Point => ({
    x: x + along * cos - across * sin,
    y: y + along * sin + across * cos,
  })
  const [right, bottom] = [width / 2, height / 2]
  return [
    corner(-right, -bottom),
    corner(right, -bottom),
    corner(right, bottom),
    corner(-right, bottom),
  ]
}

/** The rectangle moved outwards by `distance` on every side. */
export function grow(rectangle: RotatedRectangle, distance: number): RotatedRectangle {
  return {
    ...rectangle,
    width: rectangle.width + 2 * distance,
    height: rectangle.height + 2 * distance,
  }
}

/** The same area of an image, read in a direction a quarter turn further clockwise. */
export function quarterTurn(rectangle: RotatedRectangle, turns: 1 | -1 = 1): RotatedRectangle {
  const { width, height, angle } = rectangle
  return { ...rectangle, width: height, height: width, angle: angle + (turns * Math.PI) / 2 }
}
