import type { UprightImage } from '../vision/upright-image.ts'
import type { RotatedRectangle } from './rotated-rectangle.ts'

/** The height of a line that the recogniser reads. */
export const lineHeight = 48
/** Widths are multiples of this: few shapes, so that an execution provider that prepares for each shape does so seldom. */
const widthMultiple = 32
/** A longer line is squeezed: 66 times as wide as high, far beyond the longest line of a page. */
export const maxLineWidth = 3200
/** Samples along each axis for one pixel: enough against aliasing for lines up to 200 pixels high. */
const maxSamples = 4

/** Widths of a line as the recogniser sees it. */
export interface LineWidths {
  /** Columns that hold the line. */
  readonly content: number
  /** Columns of the input; those behind the content are grey. */
  readonly padded: number
}

/** How wide the recogniser's input is for a rectangle. */
export function lineWidths({ width, height }: RotatedRectangle): LineWidths {
  const content = Math.min(
    maxLineWidth,
    Math.max(1, Math.ceil((lineHeight * width) / Math.max(height, 1e-6))),
  )
  return { content, padded: Math.ceil(content / widthMultiple) * widthMultiple }
}

/**
 * Cuts a rectangle out of an image, turns it upright and scales it to the recogniser's height, into `target`: shape
 * 1 × 3 × 48 × `widths.padded`, blue, green, red, from −1 to 1. Outside the image its edge goes on.
 */
export function cropLine(
  image: UprightImage,
  rectangle: RotatedRectangle,
  widths: LineWidths,
  target: Float32Array,
): void {
  const plane = lineHeight * widths.padded
  const [stepAlong, stepAcross] = [rectangle.width / widths.content, rectangle.height / lineHeight]
  const samples = Math.min(maxSamples, Math.max(1, Math.round(Math.max(stepAlong, stepAcross))))
  const [cos, sin] = [Math.cos(rectangle.angle), Math.sin(rectangle.angle)]
  const sums = new Float64Array(3)
  target.fill(0, 0, 3 * plane)
  for (let row = 0; row < lineHeight; row++) {
    for (let column = 0; column < widths.content; column++) {
      sums.fill(0)
      for (let i = 0; i < samples; i++) {
        const across = (row + (i + 0.5) / samples) * stepAcross - rectangle.height / 2
        for (let j = 0; j < samples; j++) {
          const along = (column + (j + 0.5) / samples) * stepAlong - rectangle.width / 2
          addSample(
            image,
            rectangle.x + along * cos - across * sin,
            rectangle.y + along * sin + across * cos,
            sums,
          )
        }
      }
      const at = row * widths.padded + column
      const factor = 2 / (255 * samples * samples)
      target[at] = (sums[2] ?? 0) * factor - 1
      target[at + plane] = (sums[1] ?? 0) * factor - 1
      target[at + 2 * plane] = (sums[0] ?? 0) * factor - 1
    }
  }
}

/** Adds the colour at a point, between the centres of four pixels. */
function addSample(
  { pixels, width, height }: UprightImage,
  x: number,
  y: number,
  sums: Float64Array,
): void {
  const [left, top] = [
    Math.min(Math.max(x - 0.5, 0), width - 1),
    Math.min(Math.max(y - 0.5, 0), height - 1),
  ]
  const [column, row] = [Math.floor(left), Math.floor(top)]
  const [right, lower] = [left - column, top - row]
  const from = (row * width + column) * 3
  const next = column + 1 < width ? 3 : 0
  const below = row + 1 < height ? width * 3 : 0
  for (let channel = 0; channel < 3; channel++) {
    const at = from + channel
    const upperMix = (pixels[at] ?? 0) * (1 - right) + (pixels[at + next] ?? 0) * right
    const lowerMix =
      (pixels[at + below] ?? 0) * (1 - right) + (pixels[at + below + next] ?? 0) * right
    sums[channel] = (sums[channel] ?? 0) + upperMix * (1 - lower) + lowerMix * lower
  }
}
