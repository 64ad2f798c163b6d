import sharp from 'sharp'

/** Large enough to be a picture to every model, small enough to cost little. */
const width = 320
const height = 240

/**
 * A picture for a seed: soft blobs of colour, another one for every seed, the same bytes for the same seed. It shows
 * nothing, so that whatever is found in it does not matter; the terminal messages come all the same.
 */
export function generatePicture(seed: string): Promise<Buffer> {
  const random = randomOf(seed)
  const side = 8
  const pixels = Buffer.from(
    Array.from({ length: side * side * 3 }, () => Math.floor(random() * 256)),
  )
  return sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .jpeg()
    .toBuffer()
}

/** Numbers from 0 to 1, the same for the same seed: FNV-1a, then mulberry32. */
function randomOf(seed: string): () => number {
  let state = 0x811c9dc5
  for (const byte of Buffer.from(seed)) state = Math.imul(state ^ byte, 0x01000193)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
