/** Ends what takes too long: many things with the same time-out. */
export interface Timeouts<Item> {
  /** Starts the time of something, anew if it runs already. */
  start(item: Item): void
  /** The item has ended in time. Without effect where its time does not run. */
  stop(item: Item): void
  /** Forgets everything. */
  clear(): void
}

/**
 * Creates time-outs that share one timer: one for each of thousands of requests a second costs more than the bookkeeping.
 * `onDue` is called once for an item, `delayMs` after its start or some milliseconds later.
 */
export function createTimeouts<Item>(delayMs: number, onDue: (item: Item) => void): Timeouts<Item> {
  // A Map keeps the order of insertion, which is that of their ends: all have the same delay.
  const dueAt = new Map<Item, number>()
  let timer: NodeJS.Timeout | undefined
  const look = () => {
    timer = undefined
    const now = performance.now()
    for (const [item, at] of dueAt) {
      if (at > now) {
        timer = setTimeout(look, at - now)
        return
      }
      dueAt.delete(item)
      onDue(item)
    }
  }
  return {
    start(item) {
      dueAt.delete(item)
      dueAt.set(item, performance.now() + delayMs)
      timer ??= setTimeout(look, delayMs)
    },
    stop: (item) => void dueAt.delete(item),
    clear() {
      dueAt.clear()
      clearTimeout(timer)
      timer = undefined
    },
  }
}
