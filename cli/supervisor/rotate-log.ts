import { copyFileSync, statSync, truncateSync } from 'node:fs'

/** A log and its predecessor: twice this for each process. Hours of a busy role. */
export const maxLogBytes = 20_000_000

/**
 * Bounds a log that a process keeps open: what is in it moves to `FILE.1`, and it starts again. Processes append, so
 * they go on at the new end; lines written in between may be lost.
 */
export function rotateLog(file: string, maxBytes = maxLogBytes): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  if (size <= maxBytes) return
  try {
    copyFileSync(file, `${file}.1`)
  } finally {
    // Also where the disk is full: above all then.
    truncateSync(file, 0)
  }
}
