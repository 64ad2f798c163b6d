/** Enough for a sentence that says what is wrong; more would make the journal a copy of what endpoints say. */
export const maxAnswerBytes = 256

/** Controls and invisible characters, which could disguise what an operator is shown. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu

/**
 * Makes text of the first bytes of an answer: at most `maxAnswerBytes` of UTF-8, none of it control or invisible
 * characters, which become single spaces. What is no UTF-8 becomes replacement characters; a last character that is cut
 * is left away. `undefined` where nothing is left.
 */
export function cleanAnswer(bytes: Uint8Array): string | undefined {
  // `stream`: a character that goes on after these bytes is kept back, not replaced.
  const text = new TextDecoder().decode(bytes.subarray(0, maxAnswerBytes), { stream: true })
  const visible = text.replace(invisible, ' ').trim()
  // Replacement characters are longer than what they replace.
  const { read } = new TextEncoder().encodeInto(visible, new Uint8Array(maxAnswerBytes))
  return read === 0 ? undefined : visible.slice(0, read)
}
