/** Work in the background on things that a table also lists: what is lost here is found there. */
export interface SweptQueue<Item> {
  /** Works on these as soon as there is room; those for which there is none are left to a sweep. Never throws. */
  add(items: readonly Item[]): void
  /** Sweeps soon, not only when the next sweep is due. */
  sweepSoon(): void
  /** Ends the sweeping; resolves when nothing is under way. */
  stop(): Promise<void>
}

/** What a queue needs. */
export interface SweptQueueOptions<Item> {
  readonly keyOf: (item: Item) => string
  /** Done when it resolves; what it rejects with is told, and a sweep brings the item again. */
  readonly work: (item: Item) => Promise<void>
  /** What a sweep finds. */
  readonly find: (limit: number) => Promise<readonly Item[]>
  readonly onFailed: (error: unknown, item: Item) => void
  readonly onSweepFailed: (error: unknown) => void
  readonly sweepIntervalMs?: number
}

/** Under way at once: a request costs Temporal some milliseconds. */
const concurrency = 8
/** Items that wait at most; those beyond are left to a sweep. */
const maxWaiting = 2_000
/** Items of one sweep at most. */
const maxSwept = 500
const defaultSweepIntervalMs = 5_000
/** Several reasons to sweep make one sweep. */
const soonMs = 100

/** Starts the sweeping of a queue. What a sweep finds is never worked on twice at the same time. */
export function startSweptQueue<Item>(options: SweptQueueOptions<Item>): SweptQueue<Item> {
  const { keyOf, work, find, onFailed, onSweepFailed } = options
  const waiting = new Map<string, Item>()
  const active = new Set<string>()
  const running = new Set<Promise<void>>()
  let stopped = false

  const workOn = async () => {
    for (const [key, item] of waiting) {
      if (stopped) return
      waiting.delete(key)
      active.add(key)
      try {
        await work(item)
      } catch (error) {
        onFailed(error, item)
      } finally {
        active.delete(key)
      }
    }
  }
  const add = (items: readonly Item[]) => {
    for (const item of items) {
      if (waiting.size < maxWaiting) waiting.set(keyOf(item), item)
    }
    // What runs may hang: what has come waits for none of it while there is room.
    for (let room = Math.min(concurrency - running.size, waiting.size); room > 0; room -= 1) {
      const done: Promise<void> = workOn().finally(() => running.delete(done))
      running.add(done)
    }
  }

  let sweeping: Promise<void> | undefined
  const sweep = () => {
    sweeping ??= find(maxSwept)
      // What is under way is listed until it is done.
      .then((items) => add(items.filter((item) => !active.has(keyOf(item)))))
      .catch(onSweepFailed)
      .finally(() => void (sweeping = undefined))
  }
  const timer = setInterval(sweep, options.sweepIntervalMs ?? defaultSweepIntervalMs)
  let soon: NodeJS.Timeout | undefined
  return {
    add,
    sweepSoon() {
      if (stopped) return
      soon ??= setTimeout(() => {
        soon = undefined
        sweep()
      }, soonMs)
    },
    async stop() {
      stopped = true
      clearInterval(timer)
      clearTimeout(soon)
      await sweeping
      await Promise.all(running)
    },
  }
}
