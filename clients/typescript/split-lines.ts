import { FirehoseError } from './firehose-error.ts'

const newline = 0x0a

/**
 * Creates a function that takes the pieces of a text and gives the lines that each of them completes, without their newlines.
 * It holds what has come of one line, `maxBytes` at most: beyond that it throws `line-too-long`.
 */
export function createLineSplitter(maxBytes: number): (chunk: Buffer) => string[] {
  let parts: Buffer[] = []
  let bytes = 0
  const hold = (part: Buffer) => {
    bytes += part.length
    if (bytes > maxBytes)
      throw new FirehoseError('line-too-long', `a line has over ${maxBytes} bytes`)
    parts.push(part)
  }
  const complete = () => {
    const [first] = parts
    const line = parts.length === 1 && first !== undefined ? first : Buffer.concat(parts)
    parts = []
    bytes = 0
    return line.toString()
  }
  return (chunk) => {
    const lines: string[] = []
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      hold(chunk.subarray(start, end))
      lines.push(complete())
      start = end + 1
    }
    if (start < chunk.length) hold(chunk.subarray(start))
    return lines
  }
}
