import sharp from 'sharp'

/** A small picture, another one for every number, the same bytes for the same number. */
export function generateImage(number: number): Promise<Buffer> {
  const background = { r: number & 255, g: (number >> 8) & 255, b: (number >> 16) & 255 }
  return sharp({ create: { width: 64, height: 48, channels: 3, background } })
    .png()
    .toBuffer()
}
