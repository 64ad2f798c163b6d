import { cleanAnswer, maxAnswerBytes } from './clean-answer.ts'
import { isSuccess, type AttemptAnswer } from './classify-attempt.ts'

/** Gathers what is kept of an answer, one answer after the other. */
export interface AnswerReader {
  /** Forgets the last answer. */
  restart(): void
  /** Notes the status and the headers; false for an interim answer, which only announces one. */
  readHead(
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): boolean
  /** Notes a piece of the body; false where it is longer than anybody needs. */
  readBody(chunk: Uint8Array): boolean
  /** What has come so far; `undefined` without a head. */
  result(address: string | undefined): AttemptAnswer | undefined
}

/** Of the answer's body this much is read, so that the connection can be used again. */
const maxBodyBytes = 64 * 1024
/** RFC 9110, section 15: statuses below are interim. */
const lowestFinalStatus = 200

/** Creates a reader that has read nothing. */
export function createAnswerReader(): AnswerReader {
  let status: number | undefined
  let retryAfter: string | undefined
  let bodyBytes = 0
  let firstBytes: Uint8Array[] = []
  return {
    restart() {
      status = undefined
      retryAfter = undefined
      bodyBytes = 0
      if (firstBytes.length > 0) firstBytes = []
    },
    readHead(code, headers) {
      if (code < lowestFinalStatus) return false
      status = code
      const value = headers['retry-after']
      retryAfter = Array.isArray(value) ? value[0] : value
      return true
    },
    readBody(chunk) {
      // A copy: the bytes are the parser's own.
      if (bodyBytes < maxAnswerBytes && status !== undefined && !isSuccess(status))
        firstBytes.push(Uint8Array.from(chunk.subarray(0, maxAnswerBytes)))
      bodyBytes += chunk.byteLength
      return bodyBytes <= maxBodyBytes
    },
    result(address) {
      if (status === undefined) return undefined
      if (firstBytes.length === 0) return { status, retryAfter, address }
      return { status, retryAfter, address, answer: cleanAnswer(Buffer.concat(firstBytes)) }
    },
  }
}
