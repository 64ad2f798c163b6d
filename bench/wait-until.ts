import { setTimeout } from 'node:timers/promises'

/** Seldom enough to cost nothing beside what is measured. */
const pollMs = 250
/** Much longer than almost anything takes on a slow machine. */
const defaultTimeoutMs = 300_000

/** Resolves when the condition holds, looked at from time to time; rejects after 5 minutes, or so many ms, with what it was. */
export async function waitUntil(
  what: string,
  condition: () => Promise<boolean>,
  timeoutMs = defaultTimeoutMs,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`never: ${what}`)
    await setTimeout(pollMs)
  }
}
