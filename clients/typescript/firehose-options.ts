import type { FirehoseError } from './firehose-error.ts'
import type { RetryOptions } from './create-retries.ts'

/** What is read, from where, and how. */
export interface FirehoseOptions {
  /** The gateway, without a path: `https://ips.example.com`. */
  readonly url: string
  /**
   * Gets a new authorisation token. It is asked at the beginning, and when the last one has expired or is not taken any more. What
   * it throws is tried again later, unless it has a member `retryable` that is false.
   */
  readonly token: () => Promise<string>
  /** The last offset that you have. `"0"`, the default: everything that is kept; `"latest"`: what comes from now on. */
  readonly lastOffset?: string | undefined
  /** Messages per second at most; the token's claim may say less. */
  readonly maxRate?: number | undefined
  /** Messages per batch at most: 1 to 1,000; the server's default is 500. */
  readonly maxBatch?: number | undefined
  /** Only messages that match every list that is not empty. */
  readonly filters?: {
    readonly types?: readonly string[] | undefined
    readonly correlationIds?: readonly string[] | undefined
  }
  /** Ends the reading at once, and without an error, also while a message is waited for. */
  readonly signal?: AbortSignal | undefined
  readonly retry?: RetryOptions | undefined
  /** Called before each wait for another try: for your log. */
  readonly onRetry?: ((error: FirehoseError, delayMs: number) => void) | undefined
  /** A connection that brings nothing for so long is given up: 35,000 ms. The server sends a heartbeat every 10 seconds. */
  readonly silenceMs?: number | undefined
}
