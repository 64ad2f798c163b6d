/** Enough of an answer to see what it is. */
const maxAnswerBytes = 256
/** What an operator gives as a reason is a sentence. */
const maxTextBytes = 1_024

/** The first bytes of an answer, as the journal keeps them. */
export function toAnswer(text: string): string {
  return toText(text, maxAnswerBytes)
}

/** A text as PostgreSQL can hold it, which knows no NUL, and cut after whole characters. */
export function toText(text: string, maxBytes = maxTextBytes): string {
  const clean = text.slice(0, maxBytes).replaceAll('\0', '\u{FFFD}')
  if (Buffer.byteLength(clean) <= maxBytes) return clean
  const { written } = new TextEncoder().encodeInto(clean, new Uint8Array(maxBytes))
  return Buffer.from(clean).toString('utf8', 0, written)
}
