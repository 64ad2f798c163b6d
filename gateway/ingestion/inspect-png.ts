import { crc32 } from 'node:zlib'
import { exifOrientation } from './exif-orientation.ts'
import { damaged, measured, type Inspection } from './inspection.ts'

const mimeType = 'image/png'
const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const headerBytes = 13
const maxDimension = 0x7f_ff_ff_ff

/** Far more chunks than any image has before its pixels. */
const maxChunks = 4_096

/** The bit depths that each colour type may have (PNG specification, table 11.1). */
const bitDepths: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
}

/** A chunk; `intact` where its checksum is right. */
interface Chunk {
  readonly type: string
  readonly data: Buffer
  readonly end: number
  intact(): boolean
}

/**
 * Inspects the header of a PNG: its IHDR with the checksum, and the chunks before the pixels, without decoding. The caller
 * has seen the first four bytes. Never throws; takes at most `maxChunks` steps.
 */
export function inspectPng(bytes: Buffer): Inspection {
  if (!bytes.subarray(0, signature.length).equals(signature)) {
    return damaged(mimeType, 'the signature is damaged')
  }
  const header = readChunk(bytes, signature.length)
  if (header?.type !== 'IHDR' || header.data.length !== headerBytes) {
    return damaged(mimeType, 'there is no whole IHDR chunk')
  }
  // Dimensions under a wrong checksum say nothing.
  if (!header.intact()) return damaged(mimeType, 'the checksum of IHDR is wrong')
  const width = header.data.readUInt32BE(0)
  const height = header.data.readUInt32BE(4)
  const damage = headerDamage(header.data)
  if (damage !== undefined) return { mimeType, width, height, damage }
  const exif = findExif(bytes, header.end)
  if (exif === 'cut-off') return { mimeType, width, height, damage: 'the header is cut off' }
  return measured(mimeType, { width, height }, exif === undefined ? 1 : exifOrientation(exif))
}

function headerDamage(data: Buffer): string | undefined {
  if (data.readUInt32BE(0) > maxDimension || data.readUInt32BE(4) > maxDimension) {
    return 'a dimension is too large'
  }
  const [bitDepth = 0, colourType = 0, compression, filter, interlace = 0] = data.subarray(8)
  if (bitDepths[colourType]?.includes(bitDepth) !== true) return 'the colour type is unknown'
  if (compression !== 0 || filter !== 0 || interlace > 1) return 'a method of IHDR is unknown'
  return undefined
}

/**
 * The first eXIf chunk before the pixels that names a byte order: decoders see no later one, and do not look at its
 * checksum.
 */
function findExif(bytes: Buffer, start: number): Buffer | 'cut-off' | undefined {
  let at = start
  for (let chunks = 0; chunks < maxChunks && at < bytes.length; chunks += 1) {
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') return undefined
    const chunk = readChunk(bytes, at)
    if (chunk === undefined) return 'cut-off'
    if (chunk.type === 'eXIf' && /^(II|MM)/.test(chunk.data.toString('latin1', 0, 2)))
      return chunk.data
    at = chunk.end
  }
  return undefined
}

/** The chunk at this place, `undefined` where it is cut off. */
function readChunk(bytes: Buffer, at: number): Chunk | undefined {
  if (at + 12 > bytes.length) return undefined
  const end = at + 12 + bytes.readUInt32BE(at)
  if (end > bytes.length) return undefined
  return {
    type: bytes.toString('latin1', at + 4, at + 8),
    data: bytes.subarray(at + 8, end - 4),
    end,
    intact: () => crc32(bytes.subarray(at + 4, end - 4)) === bytes.readUInt32BE(end - 4),
  }
}
