import { firehoseProblem } from './firehose-problems.ts'

/** How a stream can be written. */
export const streamMediaTypes = ['application/x-ndjson', 'application/x-protobuf'] as const

export type StreamMediaType = (typeof streamMediaTypes)[number]

/**
 * The media type that an `Accept` header prefers; the first one where it does not matter. Throws `not-acceptable` (RFC 9110,
 * section 12.5.1: what is not named has weight 0, and the most specific range counts).
 */
export function negotiateFormat(accept: string | undefined): StreamMediaType {
  if (accept === undefined || accept.trim() === '') return streamMediaTypes[0]
  const ranges = accept.split(',').map(readRange)
  const weighed = streamMediaTypes
    .map((type) => ({ type, weight: weightOf(type, ranges) }))
    // A stable sort: of equal ones the first stays the first.
    .sort((a, b) => b.weight - a.weight)
  const [best] = weighed
  if (best !== undefined && best.weight > 0) return best.type
  throw firehoseProblem('not-acceptable', `the stream is ${streamMediaTypes.join(' or ')}`)
}

interface MediaRange {
  readonly name: string
  readonly weight: number
}

function readRange(text: string): MediaRange {
  const [name = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice('q='.length)
  return { name, weight: weight === undefined ? 1 : Number(weight) || 0 }
}

function weightOf(type: StreamMediaType, ranges: readonly MediaRange[]): number {
  for (const name of [type, 'application/*', '*/*']) {
    const range = ranges.find((candidate) => candidate.name === name)
    if (range !== undefined) return range.weight
  }
  return 0
}
