/** A random number from 0 (included) to 1 (excluded). */
export type Random = () => number

/** Clients that were refused at the same moment come back spread over this many seconds. */
const jitterSeconds = 5

/** A jittered `retry-after` header: at least `leastSeconds`, and up to `jitterSeconds` more. */
export function jitteredRetryAfter(random: Random, leastSeconds = 1): { 'retry-after': string } {
  return { 'retry-after': String(leastSeconds + Math.floor(random() * jitterSeconds)) }
}

/** An exact `retry-after` header, in whole seconds, rounded up. */
export function retryAfterMs(delayMs: number): { 'retry-after': string } {
  return { 'retry-after': String(Math.max(1, Math.ceil(delayMs / 1000))) }
}
