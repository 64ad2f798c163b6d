/** How many requests an endpoint gets side by side: as many as it takes without slowing down. */
export interface ConcurrencyLimit {
  /** A whole number from 1. */
  current(): number
  /** Notes that a message arrived; `inFlight` counts the requests under way, this one included. */
  note(answer: { startedAtMs: number; endedAtMs: number; inFlight: number }): void
}

/** Below this, an endpoint is not even asked what it can take, once it has answered. */
const firstLimit = 8
/** A mean of 2 × the best and this is no accident of the network any more. */
const slackMs = 50
const slowFactor = 2
const decrease = 0.7
/** Request-seconds that an endpoint may hold: one that takes 8 s and more for an answer gets `leastHeld` at a time. */
const heldMs = 16_000
/** Also before the first answer: a tarpit looks like any other endpoint then. */
const leastHeld = 2
/** With so few requests at a time, an endpoint's pace is its own. */
const ownPaceLimit = 2
/** The mean follows quickly where there are few answers in a round trip, but never a single one. */
const maxWeight = 0.25

/**
 * Creates a limit that never exceeds `cap`. With the first answer it is 8, and grows by one for each answer until the mean
 * of about a round trip is above 2 × the best one seen + 50 ms; then it shrinks to 0.7 of itself, once in a round trip, and
 * from then on grows by one in a round trip. After trouble (`isProbe`) it starts at 1 and grows in the slow way at once. It
 * grows only where it is used. Whatever it learns, no more than 16 request-seconds are held.
 */
export function createConcurrencyLimit(cap: number, isProbe: boolean): ConcurrencyLimit {
  let limit = isProbe ? 1 : Math.min(firstLimit, cap)
  let isSlowStart = !isProbe
  let meanMs: number | undefined
  let bestMs = Infinity
  let lastDecreaseAtMs = -Infinity
  return {
    current: () =>
      Math.max(1, Math.floor(meanMs === undefined ? Math.min(limit, leastHeld) : limit)),
    note({ startedAtMs, endedAtMs, inFlight }) {
      const latencyMs = endedAtMs - startedAtMs
      const weight = Math.min(maxWeight, 2 / (limit + 1))
      meanMs = meanMs === undefined ? latencyMs : meanMs + weight * (latencyMs - meanMs)
      // Also upwards: an endpoint that has become slower by itself must not be starved for it.
      bestMs = limit <= ownPaceLimit ? meanMs : Math.min(bestMs, meanMs)
      if (meanMs > slowFactor * bestMs + slackMs) {
        isSlowStart = false
        // Answers of requests from before the last decrease say nothing about what it has changed.
        if (startedAtMs >= lastDecreaseAtMs) {
          lastDecreaseAtMs = endedAtMs
          limit = Math.max(1, limit * decrease)
        }
      } else if (inFlight >= Math.floor(limit)) limit += isSlowStart ? 1 : 1 / limit
      limit = Math.min(limit, cap, Math.max(leastHeld, heldMs / meanMs))
    },
  }
}
