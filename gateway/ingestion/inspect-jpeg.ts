import { exifOrientation } from './exif-orientation.ts'
import { damaged, measured, type Inspection } from './inspection.ts'

const mimeType = 'image/jpeg'
const marker = { soi: 0xd8, eoi: 0xd9, sos: 0xda, app1: 0xe1, tem: 0x01 } as const
const exifPrefix = Buffer.from('Exif\0\0', 'latin1')

/** Profiles and previews come in hundreds of segments; more is an attempt to keep the server busy. */
const maxSegments = 4_096
/** More components than any decoder takes. */
const maxComponents = 4

/** What the segments have said so far. */
interface Findings {
  frame?: { width: number; height: number }
  exif?: Buffer
}

/**
 * Inspects the header of a JPEG: all segments from the start (`FF D8`, which the caller has seen) to the first scan,
 * without decoding. A frame header must be there, once. Never throws; takes at most `maxSegments` steps.
 */
export function inspectJpeg(bytes: Buffer): Inspection {
  const findings: Findings = {}
  let at = 2
  for (let segments = 0; segments < maxSegments; segments += 1) {
    if (bytes[at] !== 0xff) return damaged(mimeType, misplaced(bytes, at))
    // Any number of fill bytes may stand before a marker.
    while (bytes[at + 1] === 0xff) at += 1
    const code = bytes[at + 1]
    at += 2
    if (code === undefined) return damaged(mimeType, 'the header is cut off')
    if (code === marker.tem) continue
    if (code < 0xc0 || (code >= 0xd0 && code <= marker.eoi)) {
      return damaged(mimeType, `the marker ${code.toString(16)} stands before the first scan`)
    }
    const length = at + 2 <= bytes.length ? bytes.readUInt16BE(at) : 0
    if (length < 2 || at + length > bytes.length) return damaged(mimeType, 'a segment is cut off')
    const segment = bytes.subarray(at + 2, at + length)
    if (code === marker.sos) return conclude(findings)
    const damage = readSegment(code, segment, findings)
    if (damage !== undefined) return damaged(mimeType, damage)
    at += length
  }
  return damaged(mimeType, 'the header has too many segments')
}

function misplaced(bytes: Buffer, at: number): string {
  return at >= bytes.length ? 'the header is cut off' : 'something stands between two segments'
}

/** Notes what the segment says; returns what is wrong with it. */
function readSegment(code: number, segment: Buffer, findings: Findings): string | undefined {
  if (code === marker.app1 && segment.subarray(0, exifPrefix.length).equals(exifPrefix)) {
    // Decoders take the first of several.
    findings.exif ??= segment
    return undefined
  }
  if (!isFrameHeader(code)) return undefined
  if (findings.frame !== undefined) return 'there are two frame headers'
  const components = segment[5] ?? 0
  if (components < 1 || components > maxComponents || segment.length !== 6 + 3 * components) {
    return 'the frame header is damaged'
  }
  findings.frame = { height: segment.readUInt16BE(1), width: segment.readUInt16BE(3) }
  return undefined
}

/** SOF0 to SOF15, without the three markers among them that are something else: DHT, JPG and DAC. */
function isFrameHeader(code: number): boolean {
  return code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc
}

function conclude({ frame, exif }: Findings): Inspection {
  if (frame === undefined) return damaged(mimeType, 'there is no frame header')
  return measured(mimeType, frame, exif === undefined ? 1 : exifOrientation(exif))
}
