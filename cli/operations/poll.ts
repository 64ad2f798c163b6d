import { setTimeout } from 'node:timers/promises'

const pollMs = 100

/** Asks again and again until there is an answer; `undefined` where there is none by `timeoutMs`. */
export async function poll<T>(
  ask: () => Promise<T | undefined>,
  { now, timeoutMs }: { readonly now: () => number; readonly timeoutMs: number },
): Promise<T | undefined> {
  const endAt = now() + timeoutMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined || now() >= endAt) return answer
    await setTimeout(pollMs)
  }
}
