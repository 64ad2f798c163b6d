import { writeFileSync } from 'node:fs'
import { setPriority } from 'node:os'
import { Worker } from 'node:worker_threads'

/** A bit below everything else on the machine: a full queue of images must not slow down what serves people. */
const niceness = 5
/** When memory runs out, the kernel takes a child before its parent, which would take all images with it. */
const outOfMemoryScore = '500'
/** How soon a child whose parent was killed is gone. */
const parentCheckIntervalMs = 1_000

// Runs beside the main thread, which native code may hold for ever.
const watchParent = `
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL')
  }, ${parentCheckIntervalMs})
`

/** Makes this process a good child: it gives way to others, and ends when its parent does, even while it hangs. */
export function endWithParent(): void {
  process.once('disconnect', () => process.exit(0))
  // Signals to the process group, such as Ctrl-C, are the parent's affair.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => undefined)
  new Worker(watchParent, { eval: true, execArgv: [] }).unref()
  setPriority(niceness)
  try {
    writeFileSync('/proc/self/oom_score_adj', outOfMemoryScore)
  } catch {
    // Not on this system.
  }
}
