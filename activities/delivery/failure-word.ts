const words: Readonly<Record<string, string>> = {
  // Which of the two it is depends on who was faster.
  EPIPE: 'ECONNRESET',
  UND_ERR_CONNECT_TIMEOUT: 'connect-timeout',
  UND_ERR_SOCKET: 'connection-closed',
  UND_ERR_HEADERS_OVERFLOW: 'headers-too-large',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'malformed-answer',
  HTTPParserError: 'malformed-answer',
}
/** Of the HTTP parser: the answer breaks the protocol. */
const parserError = /^HPE_/

/**
 * A stable word for why no answer came: the code of the error, or of the first one of several tries, in our own words
 * where it is one of the HTTP client's.
 */
export function failureWord(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown'
  const { code, name } = error as { code?: unknown; name?: unknown }
  const word = [code, name].find((text) => typeof text === 'string') ?? 'unknown'
  return parserError.test(word) ? 'malformed-answer' : (words[word] ?? word)
}
