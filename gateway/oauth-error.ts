import { IpsError } from '../lib/errors/ips-error.ts'

/**
 * The errors of token endpoints (RFC 6749, section 5.2; RFC 8693, section 2.2.2; `slow_down` of RFC 8628, section 3.5) with
 * their usual HTTP status.
 */
const statuses = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_scope: 400,
  unsupported_grant_type: 400,
  slow_down: 429,
  server_error: 500,
  temporarily_unavailable: 503,
} as const

export type OAuthErrorCode = keyof typeof statuses

/** An answer of a token endpoint that gives no token. */
export class OAuthError extends IpsError {
  readonly error: OAuthErrorCode
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(
    error: OAuthErrorCode,
    description: string,
    options: {
      status?: number
      headers?: Readonly<Record<string, string>>
      cause?: unknown
    } = {},
  ) {
    super(error.replaceAll('_', '-'), description, {
      retryable: ['temporarily_unavailable', 'slow_down'].includes(error),
      cause: options.cause,
    })
    this.name = 'OAuthError'
    this.error = error
    this.status = options.status ?? statuses[error]
    this.headers = options.headers ?? headersOf(error)
  }
}

/** Long enough that a wave of retries is spread by their own delays, short enough that nobody is kept out. */
const retryAfterSeconds = 2

function headersOf(error: OAuthErrorCode): Readonly<Record<string, string>> {
  if (error === 'invalid_client')
    return { 'www-authenticate': 'Basic realm="ips", charset="UTF-8"' }
  if (error === 'temporarily_unavailable') return { 'retry-after': String(retryAfterSeconds) }
  return {}
}

/** The answer that any error of a token endpoint gets; an unexpected one says nothing of itself. */
export function toOAuthError(error: unknown): OAuthError {
  if (error instanceof OAuthError) return error
  if (error instanceof IpsError && error.retryable) {
    return new OAuthError('temporarily_unavailable', 'try again in a moment', { cause: error })
  }
  const status = statusOf(error)
  if (status === undefined) {
    return new OAuthError('server_error', 'an unexpected error was logged', { cause: error })
  }
  return new OAuthError('invalid_request', descriptionOf(status), { status, cause: error })
}

/** The framework's own refusals; RFC 6749 knows no 415. */
function statusOf(error: unknown): number | undefined {
  const { statusCode } = Object(error) as { statusCode?: unknown }
  if (typeof statusCode !== 'number' || statusCode < 400 || statusCode >= 500) return undefined
  return statusCode === 415 ? 400 : statusCode
}

function descriptionOf(status: number): string {
  return status === 413
    ? 'the body is too large'
    : 'the body must be application/x-www-form-urlencoded'
}
