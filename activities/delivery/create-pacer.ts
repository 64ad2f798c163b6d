/** Spreads messages over time. */
export interface Pacer {
  /** Takes the turn of so many messages and returns 0, or returns how many ms to wait before asking again. */
  take(nowMs: number, messages: number): number
}

/**
 * Creates a pacer of `maxRate` messages per second, with bursts of one second's worth, at least one message. A parcel that
 * is larger than a burst goes when a whole one has gathered, and those after it wait for the rest. Without a rate every
 * message may go at once.
 */
export function createPacer(maxRate: number | undefined): Pacer {
  if (maxRate === undefined) return { take: () => 0 }
  const burst = Math.max(1, maxRate)
  let tokens = burst
  let lastMs: number | undefined
  return {
    take(nowMs, messages) {
      tokens = Math.min(burst, tokens + ((nowMs - (lastMs ?? nowMs)) / 1_000) * maxRate)
      lastMs = nowMs
      const wanted = Math.min(messages, burst)
      if (tokens < wanted) return Math.ceil(((wanted - tokens) / maxRate) * 1_000)
      tokens -= messages
      return 0
    },
  }
}
