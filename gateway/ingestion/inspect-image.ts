import { inspectJpeg } from './inspect-jpeg.ts'
import { inspectPng } from './inspect-png.ts'
import { inspectWebp } from './inspect-webp.ts'
import type { Inspection } from './inspection.ts'

/**
 * Finds the type and the upright dimensions of an image in the bytes of its header, without decoding; `undefined` where
 * the bytes are not a JPEG, PNG or WebP. Never throws; the steps are bounded.
 */
export function inspectImage(bytes: Buffer): Inspection | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return inspectJpeg(bytes)
  const start = bytes.toString('latin1', 0, 4)
  if (start === '\x89PNG') return inspectPng(bytes)
  if (start === 'RIFF' && bytes.toString('latin1', 8, 12) === 'WEBP') return inspectWebp(bytes)
  return undefined
}

/** Names under which the accepted types are known, besides their own. */
const aliases: Readonly<Record<string, string>> = {
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'image/x-png': 'image/png',
  'image/apng': 'image/png',
  'image/*': '',
}

/**
 * Whether a `Content-Type` contradicts the type found in the bytes. Only a type `image/…` can: none at all, or that of any
 * other kind of data, says nothing about the image.
 */
export function contradicts(contentType: string | undefined, mimeType: string): boolean {
  const essence = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (!essence.startsWith('image/')) return false
  const claimed = aliases[essence] ?? essence
  return claimed !== '' && claimed !== mimeType
}
