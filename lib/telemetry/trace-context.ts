import { randomBytes, randomFillSync } from 'node:crypto'

const format = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/
const invalidIds = /^0+$/

/** Source of trace and span ids: `size` random bytes, to be used before the next call. */
export type RandomBytes = (size: number) => Buffer

/** Of so many bytes a call of the system's generator costs little more than of eight. */
const poolBytes = 4_096

/** Creates a source that draws its bytes in advance: for ids that are needed thousands of times a second. */
export function createRandomPool(): RandomBytes {
  const pool = Buffer.alloc(poolBytes)
  let next = poolBytes
  return (size) => {
    if (next + size > poolBytes) {
      randomFillSync(pool)
      next = 0
    }
    next += size
    return pool.subarray(next - size, next)
  }
}

/**
 * Continues a trace: the `traceparent` of a new step with the parent's trace id and flags and a span id of its own.
 * Starts a new, sampled trace where the parent is absent or not a valid W3C traceparent (version 00).
 */
export function continueTrace(
  parent: string | undefined,
  random: RandomBytes = randomBytes,
): string {
  const [, traceId, spanId, flags] = format.exec(parent ?? '') ?? []
  const valid =
    traceId !== undefined &&
    spanId !== undefined &&
    !invalidIds.test(traceId) &&
    !invalidIds.test(spanId)
  const newSpanId = random(8).toString('hex')
  return valid
    ? `00-${traceId}-${newSpanId}-${flags ?? '01'}`
    : `00-${random(16).toString('hex')}-${newSpanId}-01`
}

/** The trace id of a traceparent, 32 hex digits; empty where it is not valid. */
export function traceIdOf(traceparent: string): string {
  return format.exec(traceparent)?.[1] ?? ''
}
