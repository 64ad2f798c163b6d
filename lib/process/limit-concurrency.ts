import { IpsError } from '../errors/ips-error.ts'

/** Runs work as soon as there is a place for it, in the order of the calls. */
export type Limit = <T>(work: () => Promise<T>) => Promise<T>

/**
 * Creates a gate that lets `concurrency` pieces of work run at a time while at most `maxWaiting` wait, first come first
 * served. Beyond that it throws `IpsError('too-busy')`, retryable, at once. Without `maxWaiting` it is the caller who
 * bounds what waits.
 */
export function limitConcurrency(concurrency: number, maxWaiting = Infinity): Limit {
  const waiting: (() => void)[] = []
  let running = 0
  return async (work) => {
    if (running >= concurrency) {
      if (waiting.length >= maxWaiting) {
        throw new IpsError('too-busy', 'too much is waiting already', { retryable: true })
      }
      // Whoever ends hands its place over, so that nobody can jump the queue.
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else {
      running += 1
    }
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
