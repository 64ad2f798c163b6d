/** How one POST ended: with an answer, or with none. */
export type AttemptResult =
  { readonly status: number; readonly retryAfter?: string | undefined } | { readonly error: string }

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
  const error = `status-${status}`
  if (status >= 200 && status <= 299) return { kind: 'delivered', status }
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
