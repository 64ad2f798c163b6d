import { createLineWriter } from './create-line-writer.ts'

/** Where a logger writes its lines. */
export interface LogDestination {
  /** Takes a line, with its end; it is written soon, in the order of the calls. Never waits, never throws. */
  write(line: string): void
  /** Writes all that waits; gives up where nothing of it is taken for `patienceMs`. */
  flushSync(): void
}

/** Lines of this time are written together: a write costs as much as twenty lines. */
const intervalMs = 20
/** A pipe holds 64 KiB: where it is full, so much can go out in this time. */
const busyIntervalMs = 2
/** For a slow reader: some seconds of a busy process. */
const defaultMaxWaitingCharacters = 4 * 1024 * 1024
/** At the end of a process: a reader that takes nothing for so long will take nothing any more. */
const defaultPatienceMs = 2_000
const pauseMs = 5

/**
 * Creates a destination on a file, or on a pipe or socket that does not block. A slow reader costs lines, never time:
 * see `createLineWriter`, also for `onDropped`.
 *
 * What waits is written when the process exits, in order or by an unexpected error. Only a process that is killed loses
 * it: `SIGKILL`, or a signal that it does not handle, costs the lines of the last 20 ms, and what its reader is behind.
 */
export function createLogDestination(options: {
  readonly fd: number
  readonly onDropped: (lines: number) => void
  readonly maxWaitingCharacters?: number
  readonly patienceMs?: number
}): LogDestination {
  const { patienceMs = defaultPatienceMs } = options
  const writer = createLineWriter({ maxWaitingCharacters: defaultMaxWaitingCharacters, ...options })
  let timer: NodeJS.Timeout | undefined
  const unschedule = () => {
    clearTimeout(timer)
    timer = undefined
    process.off('exit', flushSync)
  }
  const flushSync = () => {
    unschedule()
    let [left, leftSince] = [Infinity, 0]
    for (let now = writer.writeOut(); now > 0; now = writer.writeOut()) {
      if (now < left) [left, leftSince] = [now, performance.now()]
      else if (performance.now() - leftSince > patienceMs) return
      sleep(pauseMs)
    }
  }
  const schedule = (delayMs: number) => {
    if (timer !== undefined) return
    process.once('exit', flushSync)
    timer = setTimeout(() => {
      unschedule()
      if (writer.writeOut() > 0) schedule(busyIntervalMs)
    }, delayMs).unref()
  }
  return {
    write(line) {
      writer.add(line)
      schedule(intervalMs)
    },
    flushSync,
  }
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
