import { exifOrientation } from './exif-orientation.ts'
import { damaged, measured, type Inspection } from './inspection.ts'

const mimeType = 'image/webp'
/** `RIFF`, size, `WEBP`. */
const containerBytes = 12
/** Type and size of a chunk. */
const chunkHeaderBytes = 8
/** The flag of VP8X that says that there is an EXIF chunk. */
const exifFlag = 0x08

/** Frames of an animation are chunks, and EXIF stands behind them: hours of animation, and still only milliseconds. */
const maxChunks = 65_536

/**
 * Inspects the header of a WebP (lossy, lossless or extended; of an animation its canvas) without decoding. The caller has
 * seen `RIFF` and `WEBP`. Never throws; takes at most `maxChunks` steps.
 */
export function inspectWebp(bytes: Buffer): Inspection {
  const riffBytes = bytes.length >= containerBytes ? bytes.readUInt32LE(4) : 0
  if (riffBytes < 4 + chunkHeaderBytes) return damaged(mimeType, 'the container is empty')
  const type = bytes.toString('latin1', containerBytes, containerBytes + 4)
  const data = bytes.subarray(containerBytes + chunkHeaderBytes)
  if (type === 'VP8 ') return inspectLossy(data)
  if (type === 'VP8L') return inspectLossless(data)
  if (type === 'VP8X') return inspectExtended(bytes, data)
  return damaged(mimeType, 'the first chunk is of an unknown type')
}

/** RFC 6386, section 9.1: a key frame's tag, start code, and 14 bits for each dimension. */
function inspectLossy(data: Buffer): Inspection {
  if (data.length < 10) return damaged(mimeType, 'the header is cut off')
  const isKeyFrame = ((data[0] ?? 1) & 1) === 0
  if (!isKeyFrame || data.readUIntBE(3, 3) !== 0x9d012a) {
    return damaged(mimeType, 'the frame header is damaged')
  }
  const width = data.readUInt16LE(6) & 0x3fff
  const height = data.readUInt16LE(8) & 0x3fff
  return measured(mimeType, { width, height }, 1)
}

/** WebP lossless bitstream, section 3: signature, 14 bits for each dimension less one, alpha, a version of 0. */
function inspectLossless(data: Buffer): Inspection {
  if (data.length < 5) return damaged(mimeType, 'the header is cut off')
  const bits = data.readUInt32LE(1)
  if (data[0] !== 0x2f || bits >>> 29 !== 0) return damaged(mimeType, 'the frame header is damaged')
  const width = (bits & 0x3fff) + 1
  const height = ((bits >>> 14) & 0x3fff) + 1
  return measured(mimeType, { width, height }, 1)
}

/** WebP container, section 2.7: flags, and 24 bits for each dimension of the canvas less one. */
function inspectExtended(bytes: Buffer, data: Buffer): Inspection {
  if (data.length < 10) return damaged(mimeType, 'the header is cut off')
  const chunkBytes = bytes.readUInt32LE(containerBytes + 4)
  if (chunkBytes < 10) return damaged(mimeType, 'the VP8X chunk is damaged')
  const size = { width: data.readUIntLE(4, 3) + 1, height: data.readUIntLE(7, 3) + 1 }
  const flags = data[0] ?? 0
  const exif = (flags & exifFlag) === 0 ? undefined : findExif(bytes)
  return measured(mimeType, size, exif === undefined ? 1 : exifOrientation(exif))
}

function findExif(bytes: Buffer): Buffer | undefined {
  let at = containerBytes
  for (let chunks = 0; chunks < maxChunks && at + chunkHeaderBytes <= bytes.length; chunks += 1) {
    const start = at + chunkHeaderBytes
    const end = start + bytes.readUInt32LE(at + 4)
    if (end > bytes.length) return undefined
    if (bytes.toString('latin1', at, at + 4) === 'EXIF') return bytes.subarray(start, end)
    // Chunks of an odd size are followed by one byte that says nothing.
    at = end + (end & 1)
  }
  return undefined
}
