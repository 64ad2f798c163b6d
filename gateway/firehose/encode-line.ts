import type { StreamBatch } from './stream-batch.ts'

const opening = '{"messages":['
const memberOpening = '{"offset":"'
const memberSeparator = '",'

/**
 * Writes a batch as one line of NDJSON. The journal holds each message rendered, so that this is a copy: the offset is put in
 * as its first member.
 */
export function encodeLine({ messages, lastOffset, end }: StreamBatch): Buffer {
  const heads = messages.map(
    ({ offset }, index) => `${index === 0 ? '' : ','}${memberOpening}${offset}${memberSeparator}`,
  )
  const ending = end === undefined ? '' : `,"end":${JSON.stringify(end)}`
  const closing = `],"lastOffset":"${lastOffset}"${ending}}\n`
  let length = opening.length + closing.length
  // A head takes the place of the message's own brace.
  messages.forEach(({ json }, index) => (length += (heads[index]?.length ?? 0) + json.length - 1))
  const line = Buffer.allocUnsafe(length)
  let at = line.write(opening, 'latin1')
  messages.forEach(({ json }, index) => {
    at += line.write(heads[index] ?? '', at, 'latin1')
    at += json.copy(line, at, 1)
  })
  line.write(closing, at, 'latin1')
  return line
}
