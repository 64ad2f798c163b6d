import type { UprightImage } from '../vision/upright-image.ts'
import type { Point } from './rotated-rectangle.ts'

/** A part of an image with edges along the axes, in whole pixels of the image. */
export interface ImageArea {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** The parts of the areas that lie in the image, without those that have none; the whole image where none are given. */
export function clipAreas(
  { width, height }: UprightImage,
  areas: readonly ImageArea[] = [{ left: 0, top: 0, width, height }],
): readonly ImageArea[] {
  return areas
    .filter(({ left, top }) => left < width && top < height)
    .map(({ left, top, ...size }) => ({
      left,
      top,
      width: Math.min(size.width, width - left),
      height: Math.min(size.height, height - top),
    }))
}

/** An area (inside the image) as an image of its own, so that nothing beyond it can be read; the image itself where it covers it. */
export function cropImage(image: UprightImage, area: ImageArea): UprightImage {
  const { left, top, width, height } = area
  if (width === image.width && height === image.height) return image
  const pixels = Buffer.allocUnsafe(width * height * 3)
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * image.width + left) * 3
    image.pixels.copy(pixels, row * width * 3, from, from + width * 3)
  }
  return { width, height, pixels }
}

/** Whether a point lies in an area. */
export function areaHolds(area: ImageArea, { x, y }: Point): boolean {
  return x >= area.left && x < area.left + area.width && y >= area.top && y < area.top + area.height
}
