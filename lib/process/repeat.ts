/** Something that is done again and again. */
export interface Repetition {
  /** Does it no more; resolves when what is under way has ended. */
  stop(): Promise<void>
}

/**
 * Does something every `intervalMs`, and at once where that is wanted; never twice at a time: where it is still under way when it is
 * due, that time is left out. `task` never rejects.
 */
export function repeat(
  task: () => Promise<void>,
  intervalMs: number,
  { atOnce = false }: { readonly atOnce?: boolean } = {},
): Repetition {
  let running: Promise<void> | undefined
  const run = () => {
    running ??= task().finally(() => (running = undefined))
  }
  if (atOnce) run()
  const timer = setInterval(run, intervalMs)
  return {
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}
