import { setTimeout } from 'node:timers/promises'

const pollIntervalMs = 25
/** Below the time-out of a test, so that the failure names the condition. */
const untilTimeoutMs = 50_000

/**
 * Waits until a condition gives something other than `undefined` or `false`, and resolves with that; rejects after
 * `timeoutMs`, 50 s by default, with what it was.
 */
export async function until<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = untilTimeoutMs,
): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const value = await condition()
    if (value !== undefined && value !== false) return value
    if (Date.now() > deadline) throw new Error(`never: ${what}`)
    await setTimeout(pollIntervalMs)
  }
}
