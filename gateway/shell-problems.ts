import { STATUS_CODES } from 'node:http'
import { Problem, problemsOf } from './problem.ts'

/** What can go wrong before a service sees a request, and what no service expected. */
export const shellProblems = {
  'request-malformed': { status: 400, title: 'The request is malformed' },
  'not-found': { status: 404, title: 'There is nothing at this address' },
  'method-not-allowed': { status: 405, title: 'The address does not know this method' },
  'request-too-slow': {
    status: 408,
    title: 'The request took too long to arrive',
    retryable: true,
  },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'media-type-unsupported': { status: 415, title: 'The media type is not supported' },
  'expectation-failed': { status: 417, title: 'The expectation cannot be met' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  'internal-error': { status: 500, title: 'The server failed' },
} as const

export const shellProblem = problemsOf(shellProblems)

/** The framework's and the parser's own errors, by their codes. */
const translations: Readonly<Record<string, keyof typeof shellProblems>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request-too-slow',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'media-type-unsupported',
}

/**
 * The problem with which any error is answered. An unexpected one gives `internal-error`, without its own message: that
 * is for the log.
 */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  const { code, statusCode, message } = asObject(error)
  const known = typeof code === 'string' ? translations[code] : undefined
  if (known !== undefined) return shellProblem(known, shellProblems[known].title, { cause: error })
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    const title = STATUS_CODES[statusCode] ?? 'Bad request'
    return new Problem('request-malformed', { status: statusCode, title }, String(message), {
      cause: error,
    })
  }
  return shellProblem('internal-error', 'an unexpected error was logged', { cause: error })
}

function asObject(error: unknown): Record<string, unknown> {
  return typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : {}
}
