/** Runs work as soon as fewer than so many pieces of it are under way, in the order of the calls. */
export type Limiter = <T>(work: () => Promise<T>) => Promise<T>

/** Creates a limiter. */
export function createLimiter(concurrency: number): Limiter {
  const waiting: (() => void)[] = []
  let free = concurrency
  return async (work) => {
    if (free > 0) free -= 1
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    }
  }
}
