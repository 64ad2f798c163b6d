import { setImmediate } from 'node:timers/promises'

/** Long work of one activity, in pieces short enough that nobody else in the process waits for it. */
export interface Turns {
  /** Whether the work has held the event loop for as long as it may: then `next` is to be awaited. */
  isOver(): boolean
  /** Resolves after everybody else's turn. */
  next(): Promise<void>
}

/** Of an answer to others a tenth of what a person notices. */
const turnMs = 5

/** Begins the first turn. */
export function createTurns(clock: () => number = () => performance.now()): Turns {
  let startedAt = clock()
  return {
    isOver: () => clock() - startedAt >= turnMs,
    async next() {
      await setImmediate()
      startedAt = clock()
    },
  }
}
