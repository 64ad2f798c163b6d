const orientationTag = 0x0112
const entryBytes = 12
const prefix = Buffer.from('Exif\0\0', 'latin1')
const upright = 1

/**
 * The orientation (1 to 8) that an EXIF block names in its first directory; 1 where it names none, or where the block is
 * damaged: decoders then show the image as it is. The block may start with `Exif\0\0` or with its TIFF header. Reads at
 * most the 65,535 entries that a directory can have.
 */
export function exifOrientation(block: Buffer): number {
  const tiff = block.subarray(0, prefix.length).equals(prefix)
    ? block.subarray(prefix.length)
    : block
  const order = tiff.toString('latin1', 0, 4)
  if (order === 'II*\0') return findOrientation(littleEndian(tiff))
  if (order === 'MM\0*') return findOrientation(bigEndian(tiff))
  return upright
}

/** TIFF's whole-number types by their codes: BYTE, SHORT, LONG, SSHORT, SLONG. */
const integerTypes: Readonly<Record<number, { bytes: number; read: keyof Reader }>> = {
  1: { bytes: 1, read: 'byte' },
  3: { bytes: 2, read: 'short' },
  4: { bytes: 4, read: 'long' },
  8: { bytes: 2, read: 'short' },
  9: { bytes: 4, read: 'long' },
}

/** Reads numbers of one byte order; `undefined` beyond the end. */
interface Reader {
  byte(at: number): number | undefined
  short(at: number): number | undefined
  long(at: number): number | undefined
}

function littleEndian(bytes: Buffer): Reader {
  return {
    byte: (at) => bytes[at],
    short: (at) => (at + 2 <= bytes.length ? bytes.readUInt16LE(at) : undefined),
    long: (at) => (at + 4 <= bytes.length ? bytes.readUInt32LE(at) : undefined),
  }
}

function bigEndian(bytes: Buffer): Reader {
  return {
    byte: (at) => bytes[at],
    short: (at) => (at + 2 <= bytes.length ? bytes.readUInt16BE(at) : undefined),
    long: (at) => (at + 4 <= bytes.length ? bytes.readUInt32BE(at) : undefined),
  }
}

function findOrientation(read: Reader): number {
  const directory = read.long(4)
  const entries = directory === undefined ? undefined : read.short(directory)
  if (directory === undefined || entries === undefined) return upright
  for (let index = 0; index < entries; index += 1) {
    const entry = directory + 2 + index * entryBytes
    const tag = read.short(entry)
    if (tag === undefined) return upright
    if (tag === orientationTag) return readOrientation(read, entry)
  }
  return upright
}

/** The entry's value, of any of the whole-number types: decoders are lenient here. Values of more than 4 bytes stand elsewhere. */
function readOrientation(read: Reader, entry: number): number {
  const type = integerTypes[read.short(entry + 2) ?? 0]
  const count = read.long(entry + 4) ?? 0
  // The whole entry must be there.
  if (type === undefined || count < 1 || count * type.bytes > 4) return upright
  if (read.long(entry + 8) === undefined) return upright
  const value = read[type.read](entry + 8) ?? upright
  return value >= 1 && value <= 8 ? value : upright
}
