/** Paces one stream. */
export interface TokenBucket {
  /** Takes up to `wanted` messages: as many as there are. */
  take(wanted: number): number
  /** After how many ms the next `take` for so many is worth a try; 0 where it is now. */
  waitMs(wanted: number): number
}

/**
 * Messages are given out in pieces of this time, where so many are there: fewer and larger lines, and timers of a length that
 * timers can keep. It changes nothing of the rate.
 */
const pieceSeconds = 0.1

/**
 * Creates a bucket of one second's worth of messages, at least one. It begins with one message, so that the first ten seconds
 * have ten seconds' worth, and so that a new connection is not a new allowance; bursts are for what was idle. `now` is
 * monotonic, in milliseconds. An infinite rate is no limit.
 */
export function createTokenBucket(messagesPerSecond: number, now: () => number): TokenBucket {
  if (messagesPerSecond === Infinity) return { take: (wanted) => wanted, waitMs: () => 0 }
  const capacity = Math.max(1, messagesPerSecond)
  let tokens = 1
  let updatedMs = now()
  const refill = () => {
    const nowMs = now()
    tokens = Math.min(capacity, tokens + ((nowMs - updatedMs) / 1000) * messagesPerSecond)
    updatedMs = nowMs
  }
  return {
    take(wanted) {
      refill()
      const taken = Math.min(wanted, Math.floor(tokens))
      tokens -= taken
      return taken
    },
    waitMs(wanted) {
      refill()
      const piece = Math.max(1, Math.min(wanted, Math.floor(messagesPerSecond * pieceSeconds)))
      return tokens >= piece ? 0 : Math.ceil(((piece - tokens) / messagesPerSecond) * 1000)
    },
  }
}
