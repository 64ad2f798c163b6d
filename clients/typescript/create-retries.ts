/** How failures that may pass are tried again. */
export interface RetryOptions {
  /** How long a series of failures may last before the last of them is raised: 15 minutes. `Infinity` for as long as it takes. */
  readonly forMs?: number
  /** The longest wait before the first try after a failure, in ms: 250. It doubles with each further failure. */
  readonly firstDelayMs?: number
  /** The longest wait between two tries, in ms: 30,000. */
  readonly longestDelayMs?: number
}

/** Longer than a restart, an update or a short outage takes; a stream of a client that is gone frees its place within 5 minutes. */
const usualForMs = 15 * 60_000
const usualFirstDelayMs = 250
/** A client that comes back half a minute late has missed nothing. */
const usualLongestDelayMs = 30_000
/** A server that asks for more is asked again after this time. */
const longestRetryAfterMs = 5 * 60_000
/** Enough to reach any longest delay. */
const maxDoublings = 30

/** A series of failures, since the last time that it went well. */
export interface Retries {
  /**
   * How long to wait after a failure, in ms: at least what the server asks for, and random, so that clients that have failed
   * together do not come back together. `undefined` where it is time to give up.
   */
  delayAfterFailure(retryAfterMs: number | undefined): number | undefined
  /** It goes well. */
  succeed(): void
}

/** Creates it. `now` is monotonic, in ms; `random` gives numbers from 0 (included) to 1 (excluded). */
export function createRetries(
  options: RetryOptions,
  { now, random }: { now: () => number; random: () => number },
): Retries {
  const {
    forMs = usualForMs,
    firstDelayMs = usualFirstDelayMs,
    longestDelayMs = usualLongestDelayMs,
  } = options
  let failures = 0
  let beganAtMs = 0
  return {
    delayAfterFailure(retryAfterMs = 0) {
      if (failures === 0) beganAtMs = now()
      const longest = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures, maxDoublings))
      failures += 1
      const delayMs = Math.max(random() * longest, Math.min(retryAfterMs, longestRetryAfterMs))
      return now() + delayMs - beganAtMs > forMs ? undefined : delayMs
    },
    succeed: () => void (failures = 0),
  }
}
