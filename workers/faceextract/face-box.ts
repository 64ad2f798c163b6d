/** A rectangle in pixels, with fractions. */
export interface FaceBox {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** A rectangle that a model takes for a face, and the model's score, 0 to 1. */
export interface Detection {
  readonly box: FaceBox
  readonly score: number
}

/** A point in pixels. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** The area that two rectangles have in common, 0 where they do not touch. */
export function sharedArea(one: FaceBox, other: FaceBox): number {
  const width =
    Math.min(one.left + one.width, other.left + other.width) - Math.max(one.left, other.left)
  const height =
    Math.min(one.top + one.height, other.top + other.height) - Math.max(one.top, other.top)
  return width > 0 && height > 0 ? width * height : 0
}

/** Intersection over union of two rectangles: 0 where they do not touch, 1 where they are the same. */
export function overlapOf(one: FaceBox, other: FaceBox): number {
  const shared = sharedArea(one, other)
  return shared === 0 ? 0 : shared / (one.width * one.height + other.width * other.height - shared)
}

/** The part of `box` inside an image of this size, undefined where there is none. */
export function clipTo(box: FaceBox, width: number, height: number): FaceBox | undefined {
  const left = Math.max(0, box.left)
  const top = Math.max(0, box.top)
  const right = Math.min(width, box.left + box.width)
  const bottom = Math.min(height, box.top + box.height)
  if (right <= left || bottom <= top) return undefined
  return { left, top, width: right - left, height: bottom - top }
}

/** The square round the centre of `box` with its height as side. */
export function squareOf(box: FaceBox): FaceBox {
  return {
    left: box.left + (box.width - box.height) / 2,
    top: box.top,
    width: box.height,
    height: box.height,
  }
}

/** The order of detections, total: surest first, then from the top, from the left, the larger first. */
export function compareDetections(one: Detection, other: Detection): number {
  return (
    other.score - one.score ||
    one.box.top - other.box.top ||
    one.box.left - other.box.left ||
    other.box.height - one.box.height ||
    other.box.width - one.box.width
  )
}

/** Rounds to hundredths of a pixel: less is noise of the arithmetic, which differs between machines. */
export function roundPixels(value: number): number {
  return Math.round(value * 100) / 100
}
