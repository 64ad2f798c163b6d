import sharp from 'sharp'
import type { FaceBox } from './face-box.ts'
import type { RgbPixels } from './resample.ts'

/** Added on each side, as a part of the box: shows the whole head, which people and other models like to see. */
const margin = 0.25

/** The longest side of a crop: a recogniser takes 112 pixels, a person's eye has enough, and a face stays below 0.5 MB. */
const maxCropSide = 1024

/**
 * All crops of an image share so many pixels: at the 1.5 bytes that a pixel of pure noise takes they still fit one record of
 * 10 MiB, which version 2.0 needs for a message with all the faces.
 */
const maxCropPixels = 5_000_000

/** Good enough that no recogniser sees a difference. */
const quality = 90

/** The longest side that each of so many crops of an image may have. */
export function cropSideFor(faces: number): number {
  return Math.min(maxCropSide, Math.floor(Math.sqrt(maxCropPixels / Math.max(1, faces))))
}

/** The whole pixels of a crop: the box with its margin, inside the image. */
export function cropRegionOf(image: RgbPixels, box: FaceBox): FaceBox {
  const left = Math.max(0, Math.floor(box.left - margin * box.width))
  const top = Math.max(0, Math.floor(box.top - margin * box.height))
  const right = Math.min(image.width, Math.ceil(box.left + (1 + margin) * box.width))
  const bottom = Math.min(image.height, Math.ceil(box.top + (1 + margin) * box.height))
  return { left, top, width: right - left, height: bottom - top }
}

/**
 * Cuts a face with a margin from the full resolution and encodes it as JPEG without metadata; scaled down where its longer
 * side exceeds `maxSide`, never up. The same input gives the same bytes.
 */
export async function cropFace(image: RgbPixels, box: FaceBox, maxSide: number): Promise<Buffer> {
  const region = cropRegionOf(image, box)
  return sharp(image.pixels, { raw: { width: image.width, height: image.height, channels: 3 } })
    .extract(region)
    .resize({ width: maxSide, height: maxSide, fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality })
    .toBuffer()
}
