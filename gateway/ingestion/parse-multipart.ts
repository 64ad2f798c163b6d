import { ingestionProblem } from './ingestion-problems.ts'

/** One part of a multipart body. */
export interface Part {
  /** As its header says, absent where there is none. */
  readonly contentType?: string
  /** A view of the body. */
  readonly content: Buffer
}

const crlf = '\r\n'
/** RFC 2046, section 5.1.1: what a boundary may consist of; it does not end in a space. */
const boundaryFormat = /^[0-9a-zA-Z'()+_,./:=? -]{0,69}[0-9a-zA-Z'()+_,./:=?-]$/
const boundaryParameter = /;\s*boundary\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))\s*(?:;|$)/i
/** A name, a file name and a type are some hundred bytes. */
const maxPartHeaderBytes = 8 * 1024

/** Whether a `Content-Type` says `multipart/form-data`. */
export function isMultipart(contentType: string | undefined): boolean {
  return /^\s*multipart\/form-data\s*(?:;|$)/i.test(contentType ?? '')
}

/**
 * Splits a `multipart/form-data` body (RFC 7578) into its parts, in their order, without copying: the contents are views of
 * the body. Throws problems: `multipart-malformed`, and `multipart-too-large` as soon as there are more than `maxParts`.
 */
export function parseMultipart(
  contentType: string,
  body: Buffer,
  { maxParts }: { maxParts: number },
): Part[] {
  const dashBoundary = `--${readBoundary(contentType)}`
  const parts: Part[] = []
  let delimiter = firstDelimiter(body, dashBoundary)
  while (!delimiter.closes) {
    if (parts.length === maxParts) {
      throw ingestionProblem('multipart-too-large', `at most ${maxParts} parts are accepted`)
    }
    const { contentType: type, contentAt } = readPartHeader(body, delimiter.end)
    // The line break that ends the header may belong to the next delimiter: the part is empty then.
    const next = findDelimiter(body, dashBoundary, contentAt - crlf.length)
    const content = body.subarray(contentAt, Math.max(contentAt, next.start))
    parts.push(type === undefined ? { content } : { contentType: type, content })
    delimiter = next
  }
  return parts
}

function readBoundary(contentType: string): string {
  const [, quoted, token] = boundaryParameter.exec(contentType) ?? []
  const boundary = quoted?.replace(/\\(.)/g, '$1') ?? token ?? ''
  if (!boundaryFormat.test(boundary)) throw malformed('the boundary is missing or malformed')
  return boundary
}

/** A delimiter's line: from the line break before it to the line break behind it. */
interface Delimiter {
  readonly start: number
  readonly end: number
  /** True for the last one. */
  readonly closes: boolean
}

/** A body may begin with a delimiter, or with a preamble that says nothing. */
function firstDelimiter(body: Buffer, dashBoundary: string): Delimiter {
  const begins = body.subarray(0, dashBoundary.length).toString('latin1') === dashBoundary
  const atStart = begins ? delimiterAt(body, 0, dashBoundary.length) : undefined
  return atStart ?? findDelimiter(body, dashBoundary, 0)
}

function findDelimiter(body: Buffer, dashBoundary: string, from: number): Delimiter {
  const text = Buffer.from(crlf + dashBoundary, 'latin1')
  for (let at = body.indexOf(text, from); at !== -1; at = body.indexOf(text, at + 1)) {
    const delimiter = delimiterAt(body, at, at + text.length)
    if (delimiter !== undefined) return delimiter
  }
  throw malformed('it does not end with its boundary')
}

/** The delimiter whose text ends at `textEnd`; `undefined` where the text goes on: then it is only the content's. */
function delimiterAt(body: Buffer, start: number, textEnd: number): Delimiter | undefined {
  if (body.toString('latin1', textEnd, textEnd + 2) === '--') {
    return { start, end: textEnd + 2, closes: true }
  }
  let end = textEnd
  while (body[end] === 0x20 || body[end] === 0x09) end += 1
  if (body.toString('latin1', end, end + 2) !== crlf) return undefined
  return { start, end: end + 2, closes: false }
}

function readPartHeader(body: Buffer, at: number): { contentType?: string; contentAt: number } {
  if (body.toString('latin1', at, at + 2) === crlf) return { contentAt: at + 2 }
  const limited = body.subarray(at, at + maxPartHeaderBytes)
  const length = limited.indexOf(crlf + crlf)
  if (length === -1) throw malformed('the header of a part does not end')
  const contentAt = at + length + 2 * crlf.length
  for (const line of limited.toString('latin1', 0, length).split(crlf)) {
    const colon = line.indexOf(':')
    if (colon < 1) throw malformed('the header of a part is malformed')
    if (line.slice(0, colon).trim().toLowerCase() === 'content-type') {
      return { contentType: line.slice(colon + 1).trim(), contentAt }
    }
  }
  return { contentAt }
}

function malformed(detail: string) {
  return ingestionProblem('multipart-malformed', detail)
}
