const second = 1_000
const minute = 60 * second
const hour = 60 * minute

/** How long an endpoint in trouble is left alone after its first, second… failure in a row: the schedule of Standard Webhooks. */
export const backOffScheduleMs = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
] as const

const [shortestMs] = backOffScheduleMs

/** How long the whole schedule takes: about 76 hours. */
export const scheduleMs = backOffScheduleMs.reduce((sum: number, delayMs) => sum + delayMs, 0)

/** No endpoint can put itself off for longer with `Retry-After`. */
const longestRetryAfterMs = 24 * hour

/** Delays grow by up to this part, so that endpoints that failed together do not come back together. */
const jitter = 0.2

/**
 * How long to wait after `failures` failures in a row, at least one; after the end of the schedule its last entry counts. A
 * time that the endpoint itself named (`Retry-After`) replaces the schedule, but is never shorter than its first entry, and
 * never longer than a day, jitter included. `random` is from 0 to below 1.
 */
export function backOffDelayMs(
  failures: number,
  retryAfterMs: number | undefined,
  random: number,
): number {
  const step = Math.min(Math.max(failures, 1), backOffScheduleMs.length) - 1
  const scheduledMs = backOffScheduleMs[step] ?? shortestMs
  const factor = 1 + jitter * random
  if (retryAfterMs === undefined) return Math.floor(scheduledMs * factor)
  return Math.floor(Math.min(Math.max(retryAfterMs, shortestMs) * factor, longestRetryAfterMs))
}
