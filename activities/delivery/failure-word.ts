const words: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: 'connect-timeout',
  UND_ERR_SOCKET: 'connection-closed',
  UND_ERR_HEADERS_OVERFLOW: 'headers-too-large',
}
/** Of the HTTP parser: the answer breaks the protocol. */
const parserError = /^HPE_/

/**
 * A stable word for why no answer came: the code of the error, or of the first one of several tries, in our own words
 * where it is one of the HTTP client's.
 */
export function failureWord(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown'
  if ('code' in error && typeof error.code === 'string') {
    const { code } = error
    return parserError.test(code) ? 'malformed-answer' : (words[code] ?? code)
  }
  return 'name' in error && typeof error.name === 'string' ? error.name : 'unknown'
}
