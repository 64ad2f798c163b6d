import sharp from 'sharp'
import type { RgbPixels } from './resample.ts'

/** Resizes a whole image; the work is libvips', which takes rows in strips and needs no copy of the source. */
export async function resizePixels(
  image: RgbPixels,
  width: number,
  height: number,
): Promise<RgbPixels> {
  if (image.width === width && image.height === height) return image
  const pixels = await sharp(image.pixels, {
    raw: { width: image.width, height: image.height, channels: 3 },
  })
    .resize(width, height, { fit: 'fill' })
    .raw()
    .toBuffer()
  return { width, height, pixels }
}

/** Shrinks an image so that its longer side is at most `maxSide`; never enlarges. */
export function shrinkPixels(image: RgbPixels, maxSide: number): Promise<RgbPixels> {
  const scale = Math.min(1, maxSide / Math.max(image.width, image.height))
  const side = (extent: number) => Math.max(1, Math.round(extent * scale))
  return resizePixels(image, side(image.width), side(image.height))
}
