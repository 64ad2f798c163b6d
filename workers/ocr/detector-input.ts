import sharp from 'sharp'
import type { UprightImage } from '../vision/upright-image.ts'

/** What the detector is given. */
export interface DetectorInput {
  /** Shape 1 × 3 × height × width: blue, green, red, normalised. */
  readonly data: Float32Array
  readonly width: number
  readonly height: number
  /** Pixels of the input for one pixel of the image, along each axis. */
  readonly scaleX: number
  readonly scaleY: number
}

/** The detector halves its input five times. */
const sizeMultiple = 32
// The model was trained with ImageNet's mean and deviation, in this order, on blue, green and red.
const means = [0.485, 0.456, 0.406] as const
const deviations = [0.229, 0.224, 0.225] as const

/**
 * Scales an image down until its longer side is `longerSide` (never up), fills it up with its own edge to multiples of 32, and
 * normalises it.
 */
export async function createDetectorInput(
  image: UprightImage,
  longerSide: number,
): Promise<DetectorInput> {
  const scale = Math.min(1, longerSide / Math.max(image.width, image.height))
  const inner = { width: scaled(image.width, scale), height: scaled(image.height, scale) }
  const [width, height] = [paddedLength(inner.width), paddedLength(inner.height)]
  const pixels = await sharp(image.pixels, {
    raw: { width: image.width, height: image.height, channels: 3 },
  })
    .resize(inner.width, inner.height, { fit: 'fill', kernel: 'cubic' })
    .extend({ right: width - inner.width, bottom: height - inner.height, extendWith: 'copy' })
    .raw()
    .toBuffer()
  return {
    data: normalise(pixels, width * height),
    width,
    height,
    scaleX: inner.width / image.width,
    scaleY: inner.height / image.height,
  }
}

function scaled(length: number, scale: number): number {
  return Math.max(1, Math.round(length * scale))
}

function paddedLength(length: number): number {
  return Math.ceil(length / sizeMultiple) * sizeMultiple
}

function normalise(pixels: Buffer, plane: number): Float32Array {
  const data = new Float32Array(3 * plane)
  for (let channel = 0; channel < 3; channel++) {
    const factor = 1 / (255 * (deviations[channel] ?? 1))
    const offset = (means[channel] ?? 0) / (deviations[channel] ?? 1)
    const to = channel * plane
    for (let i = 0, from = 2 - channel; i < plane; i++, from += 3)
      data[to + i] = (pixels[from] ?? 0) * factor - offset
  }
  return data
}
