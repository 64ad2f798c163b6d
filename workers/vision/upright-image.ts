import sharp from 'sharp'
import { IpsError } from '../../lib/errors/ips-error.ts'

/** An image decoded once: upright by its EXIF orientation, sRGB, flattened on white, three interleaved bytes a pixel. */
export interface UprightImage {
  readonly width: number
  readonly height: number
  /** `width * height * 3` bytes, rows from the top, R G B. */
  readonly pixels: Buffer
}

/** As at ingestion: a larger image was never accepted. */
export const maxPixels = 40_000_000

// Only the three accepted formats may reach a decoder: SVG, PDF and others widen the attack surface for nothing.
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({
  operation: ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer', 'VipsForeignLoadWebpBuffer'],
})
sharp.cache(false)
sharp.concurrency(1)

/**
 * Decodes a JPEG, PNG or WebP (its first frame) of at most `maxPixels`. Throws `IpsError('image-damaged')`, not
 * retryable, where pixels are missing or wrong.
 */
export async function decodeUpright(content: Uint8Array): Promise<UprightImage> {
  try {
    const { data, info } = await sharp(content, {
      limitInputPixels: maxPixels,
      failOn: 'warning',
      pages: 1,
      autoOrient: true,
    })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .removeAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    return { width: info.width, height: info.height, pixels: toRgb(data, info.channels) }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new IpsError('image-damaged', `the image cannot be decoded: ${reason.slice(0, 200)}`, {
      cause,
    })
  }
}

function toRgb(data: Buffer, channels: number): Buffer {
  if (channels === 3) return data
  const rgb = Buffer.allocUnsafe((data.length / channels) * 3)
  for (let from = 0, to = 0; from < data.length; from += channels) {
    const grey = data[from] ?? 0
    rgb[to++] = grey
    rgb[to++] = grey
    rgb[to++] = grey
  }
  return rgb
}
