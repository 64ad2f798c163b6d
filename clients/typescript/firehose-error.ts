/** What an error says beyond its sentence. */
export interface FirehoseErrorOptions {
  /** True where the same request may succeed later. */
  readonly retryable?: boolean | undefined
  /** HTTP status of the answer that it came with. */
  readonly status?: number | undefined
  /** How long the server wants not to be asked again. */
  readonly retryAfterMs?: number | undefined
  /** With `offset-removed`: of the oldest message that is still kept. */
  readonly oldestOffset?: string | undefined
  readonly cause?: unknown
}

/**
 * Why a stream cannot be read. `code` is stable, for programs. The server's are those of its problem documents:
 * `stream-request-invalid`, `offset-in-future`, `offset-removed`, `firehose-not-authorised`, `too-many-streams`… The client's own
 * are `token-unavailable`, `connection-failed`, `connection-silent`, `connection-ended`, `answer-unknown`, `line-too-long` and
 * `line-malformed`.
 */
export class FirehoseError extends Error {
  readonly code: string
  readonly retryable: boolean
  readonly status: number | undefined
  readonly retryAfterMs: number | undefined
  readonly oldestOffset: string | undefined

  constructor(code: string, message: string, options: FirehoseErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'FirehoseError'
    this.code = code
    this.retryable = options.retryable ?? false
    this.status = options.status
    this.retryAfterMs = options.retryAfterMs
    this.oldestOffset = options.oldestOffset
  }
}
