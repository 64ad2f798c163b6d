/** Follows the settled messages of a queue that end in any order. */
export interface Cursor {
  /** A message was taken from the queue; in the order of the positions. */
  take(position: number): void
  /** A message that was taken is settled. */
  settle(position: number): void
  /** Everything up to here, itself included, is settled. */
  position(): number
}

/** Creates a cursor that stands at `start`. */
export function createCursor(start: number): Cursor {
  let position = start
  // A Map keeps the order of insertion: its first entry is the oldest message that is not passed yet.
  const taken = new Map<number, boolean>()
  return {
    take: (next) => void taken.set(next, false),
    settle(settled) {
      taken.set(settled, true)
      for (const [oldest, isSettled] of taken) {
        if (!isSettled) return
        taken.delete(oldest)
        position = oldest
      }
    },
    position: () => position,
  }
}
