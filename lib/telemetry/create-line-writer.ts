import { writeSync } from 'node:fs'

/** Lines on their way to a file descriptor. */
export interface LineWriter {
  /** Takes a line, with its end; drops and counts it where too much waits. */
  add(line: string): void
  /**
   * Writes what a pipe or socket takes at the moment, in the order of the calls. Returns about how many bytes are left; 0
   * where nothing is.
   */
  writeOut(): number
}

/**
 * Creates a writer that takes `maxWaitingCharacters`, and as much again that is being written. What cannot be written at
 * all, on a full disk for example, is dropped too. As soon as something can be written again, `onDropped` is told how many
 * lines are missing; it may add one that says so.
 */
export function createLineWriter(options: {
  /** Of a file, or of a pipe or socket that does not block. */
  readonly fd: number
  readonly maxWaitingCharacters: number
  readonly onDropped: (lines: number) => void
}): LineWriter {
  const { fd, maxWaitingCharacters, onDropped } = options
  let waiting: string[] = []
  let waitingCharacters = 0
  let chunk: Buffer = Buffer.alloc(0)
  let chunkLines = 0
  let dropped = 0

  const takeChunk = () => {
    chunk = Buffer.from(waiting.join(''))
    chunkLines = waiting.length
    waiting = []
    waitingCharacters = 0
  }
  /** False where the reader must take something first. */
  const writeSome = () => {
    try {
      chunk = chunk.subarray(writeSync(fd, chunk))
    } catch (error) {
      if (isBusy(error)) return false
      dropped += chunkLines
      chunk = chunk.subarray(chunk.length)
      return true
    }
    if (chunk.length === 0 && dropped > 0) {
      onDropped(dropped)
      dropped = 0
    }
    return true
  }
  return {
    add(line) {
      if (waitingCharacters + line.length > maxWaitingCharacters) dropped += 1
      else {
        waiting.push(line)
        waitingCharacters += line.length
      }
    },
    writeOut() {
      for (;;) {
        if (chunk.length === 0) takeChunk()
        if (chunk.length === 0) return 0
        if (!writeSome()) return chunk.length + waitingCharacters
      }
    },
  }
}

function isBusy(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EAGAIN'
}
