/** A place where one loop waits for something to happen. */
export interface Gate {
  /** Lets the waiting loop go on, or the next one that comes. */
  open: () => void
  /** Resolves when the gate was opened since the last wait, or after `timeoutMs`. For one waiter at a time. */
  wait(timeoutMs: number): Promise<void>
}

/** Creates a closed gate. */
export function createGate(): Gate {
  let opened = false
  let pass: (() => void) | undefined
  return {
    open() {
      opened = true
      pass?.()
    },
    async wait(timeoutMs) {
      if (!opened) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs)
          pass = () => {
            clearTimeout(timer)
            resolve()
          }
        })
        pass = undefined
      }
      opened = false
    },
  }
}
