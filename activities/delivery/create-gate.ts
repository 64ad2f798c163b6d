/** A place where one loop waits for something to happen. */
export interface Gate {
  /** Lets the waiting loop go on, or the next one that comes. */
  open: () => void
  /** Resolves when the gate was opened since the last wait, at the latest after `timeoutMs`. For one waiter at a time. */
  wait(timeoutMs: number): Promise<void>
  /** Ends its timer. */
  close(): void
}

/** Creates a closed gate. */
export function createGate(): Gate {
  let opened = false
  let pass: (() => void) | undefined
  let timer: NodeJS.Timeout | undefined
  let timerAt = Infinity
  const open = () => {
    opened = true
    pass?.()
  }
  const ring = () => {
    timer = undefined
    timerAt = Infinity
    open()
  }
  return {
    open,
    async wait(timeoutMs) {
      if (!opened) {
        // A timer that rings earlier is left as it is: the loop looks then, and comes back. A busy loop needs no new one.
        const at = performance.now() + timeoutMs
        if (at < timerAt) {
          clearTimeout(timer)
          timer = setTimeout(ring, timeoutMs)
          timerAt = at
        }
        await new Promise<void>((resolve) => (pass = resolve))
        pass = undefined
      }
      opened = false
    },
    close() {
      clearTimeout(timer)
      timer = undefined
      timerAt = Infinity
    },
  }
}
