import type { Problem } from '../problem.ts'
import { ingestionProblem } from './ingestion-problems.ts'
import { contradicts, inspectImage } from './inspect-image.ts'
import type { ImageType } from './inspection.ts'
import { isMultipart, parseMultipart, type Part } from './parse-multipart.ts'

/** An image of a request, inspected. */
export interface PostedImage {
  readonly content: Buffer
  readonly mimeType: ImageType
  /** Pixels of the upright image. */
  readonly width: number
  readonly height: number
}

/** Images of one POST at most. */
export const maxParts = 32
/** All images of one POST together. */
export const maxPostBytes = 32 * 1024 * 1024
/** 40 megapixels: a decoder needs 120 MB for them. */
export const maxPixels = 40_000_000

/**
 * Finds the images in a body, one or several, each of at most `maxBytes`. All or nothing: throws the problem that comes
 * first in the order of precedence (which is the order of the statuses), whichever image has it.
 */
export function readImages(
  body: Buffer,
  { contentType, maxBytes }: { contentType: string | undefined; maxBytes: number },
): PostedImage[] {
  const multipart = isMultipart(contentType)
  const parts = multipart
    ? parseMultipart(contentType ?? '', body, { maxParts })
    : [body].map(asPart)
  if (parts.length === 0) throw ingestionProblem('body-empty', 'there is no part in the body')
  const total = parts.reduce((sum, { content }) => sum + content.length, 0)
  if (total > maxPostBytes) {
    throw ingestionProblem('multipart-too-large', `at most ${maxPostBytes} bytes are accepted`)
  }
  const outcomes = parts.map((part, index) =>
    inspectPart(part, { maxBytes, where: multipart ? `part ${index + 1}: ` : '' }),
  )
  const [first] = outcomes.filter(isProblem).sort((a, b) => a.status - b.status)
  if (first !== undefined) throw first
  return outcomes.flatMap((outcome) => (isProblem(outcome) ? [] : [outcome]))

  function asPart(content: Buffer): Part {
    return contentType === undefined ? { content } : { contentType, content }
  }
}

function isProblem(outcome: PostedImage | Problem): outcome is Problem {
  return outcome instanceof Error
}

function inspectPart(
  { content, contentType }: Part,
  { maxBytes, where }: { maxBytes: number; where: string },
): PostedImage | Problem {
  if (content.length === 0) return ingestionProblem('body-empty', `${where}there is no image`)
  if (content.length > maxBytes) {
    return ingestionProblem('image-too-large', `${where}at most ${maxBytes} bytes are accepted`)
  }
  const found = inspectImage(content)
  if (found === undefined) {
    return ingestionProblem('image-type-unsupported', `${where}the bytes are of another type`)
  }
  const { mimeType, width, height, damage } = found
  if (width * height > maxPixels) {
    return ingestionProblem('too-many-pixels', `${where}at most ${maxPixels} pixels are accepted`)
  }
  if (contradicts(contentType, mimeType)) {
    return ingestionProblem('image-type-contradicted', `${where}the bytes are ${mimeType}`)
  }
  if (damage !== undefined) return ingestionProblem('image-header-damaged', `${where}${damage}`)
  return { content, mimeType, width, height }
}
