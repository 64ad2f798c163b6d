/** Lets work through side by side as long as its sizes together are within a limit. */
export interface Gate {
  /** Runs `work` when there is room, in the order of the calls. Throws the reason of `signal` where it waits too long. */
  run<T>(size: number, signal: AbortSignal, work: () => Promise<T>): Promise<T>
}

interface Waiting {
  readonly size: number
  start(): void
}

/** Creates a gate. Work that is larger than the limit runs alone. */
export function createGate(limit: number): Gate {
  const queue: Waiting[] = []
  let used = 0

  const startNext = () => {
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      if (used > 0 && used + next.size > limit) return
      queue.shift()
      used += next.size
      next.start()
    }
  }
  return {
    async run(size, signal, work) {
      signal.throwIfAborted()
      await new Promise<void>((resolve, reject) => {
        const onAbort = () => {
          queue.splice(queue.indexOf(waiting), 1)
          reject(signal.reason as Error)
          startNext()
        }
        const waiting = {
          size,
          start() {
            signal.removeEventListener('abort', onAbort)
            resolve()
          },
        }
        signal.addEventListener('abort', onAbort, { once: true })
        queue.push(waiting)
        startNext()
      })
      try {
        return await work()
      } finally {
        used -= size
        startNext()
      }
    },
  }
}
