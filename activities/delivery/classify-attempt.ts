/** How one POST ended: with an answer, or with none. */
export type AttemptResult = AttemptAnswer | AttemptFailure

/** An answer came, at least its headers. */
export interface AttemptAnswer {
  readonly status: number
  readonly retryAfter?: string | undefined
  /** The IP address that was spoken to. */
  readonly address?: string | undefined
  /** The first bytes of the body as text without control characters; only where the status is no success. */
  readonly answer?: string | undefined
}

/** No answer came: a stable word says why. */
export interface AttemptFailure {
  readonly error: string
  /** The IP address that was spoken to, where there was a connection. */
  readonly address?: string | undefined
}

/** What an attempt means for its message and its endpoint. */
export type AttemptClass =
  | { readonly kind: 'delivered'; readonly status: number }
  /** The endpoint said that it is gone: disable it, keep its messages. */
  | { readonly kind: 'gone'; readonly status: number; readonly error: string }
  /** The endpoint is in trouble: stop sending, back off. */
  | {
      readonly kind: 'endpoint-trouble'
      readonly status?: number
      readonly error: string
      readonly retryAfterMs?: number
    }
  /** Only this message is refused: the others go on. */
  | { readonly kind: 'message-trouble'; readonly status: number; readonly error: string }

const gone = 410
const requestTimeout = 408
const tooEarly = 425
const tooManyRequests = 429

/** No endpoint can put itself off for longer with `Retry-After`. */
const maxRetryAfterMs = 24 * 60 * 60 * 1_000

/**
 * Says what an attempt means; every status and every error has exactly one class. 3xx is never followed: it refuses the
 * message. `nowMs` is only for a `Retry-After` that is a date.
 */
export function classifyAttempt(result: AttemptResult, nowMs: number): AttemptClass {
  if ('error' in result) return { kind: 'endpoint-trouble', error: result.error }
  const { status, retryAfter } = result
  if (isSuccess(status)) return { kind: 'delivered', status }
  const error = `status-${status}`
  if (status === gone) return { kind: 'gone', status, error }
  if (status === tooManyRequests || status >= 500) {
    const retryAfterMs = readRetryAfter(retryAfter, nowMs)
    const trouble = { kind: 'endpoint-trouble', status, error } as const
    return retryAfterMs === undefined ? trouble : { ...trouble, retryAfterMs }
  }
  if (status === requestTimeout || status === tooEarly)
    return { kind: 'endpoint-trouble', status, error }
  return { kind: 'message-trouble', status, error }
}

/** Whether an answer of this status means that the message arrived. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status <= 299
}

/** RFC 9110, section 10.2.3: seconds, or an HTTP date. `undefined` for anything else. */
function readRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  const trimmed = text?.trim() ?? ''
  if (trimmed === '') return undefined
  const isSeconds = /^\d+$/.test(trimmed)
  // Date.parse takes much for a date: every HTTP date starts with the day of the week.
  if (!isSeconds && !/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(trimmed)) return undefined
  const waitMs = isSeconds ? Number(trimmed) * 1_000 : Date.parse(trimmed) - nowMs
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), maxRetryAfterMs)
}
