/** Wakes whoever waits for it. */
export interface Bell {
  /** Wakes the waiter; where nobody waits, the next one will not wait. */
  ring(): void
  /** Resolves at the next ring. One waiter at a time. */
  wait(): Promise<void>
}

/** Creates a bell. */
export function createBell(): Bell {
  let isRung = false
  let wake: (() => void) | undefined
  return {
    ring() {
      isRung = true
      wake?.()
    },
    async wait() {
      if (!isRung) await new Promise<void>((resolve) => (wake = resolve))
      wake = undefined
      isRung = false
    },
  }
}
