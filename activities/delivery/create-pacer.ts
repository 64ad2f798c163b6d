/** Spreads messages over time. */
export interface Pacer {
  /** Takes one message's turn and returns 0, or returns how many ms to wait before asking again. */
  take(nowMs: number): number
}

/**
 * Creates a pacer of `maxRate` messages per second, with bursts of one second's worth, at least one message. Without a
 * rate every message may go at once.
 */
export function createPacer(maxRate: number | undefined): Pacer {
  if (maxRate === undefined) return { take: () => 0 }
  const burst = Math.max(1, maxRate)
  let tokens = burst
  let lastMs: number | undefined
  return {
    take(nowMs) {
      tokens = Math.min(burst, tokens + ((nowMs - (lastMs ?? nowMs)) / 1_000) * maxRate)
      lastMs = nowMs
      if (tokens < 1) return Math.ceil(((1 - tokens) / maxRate) * 1_000)
      tokens -= 1
      return 0
    },
  }
}
