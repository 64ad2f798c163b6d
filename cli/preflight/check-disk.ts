import { existsSync, statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { formatBytes } from '../terminal.ts'

/** Servers start with less, and then stop in the middle of somebody's work. */
export const minimumHomeBytes = 1_000_000_000

/** Throws `IpsError('disk-full')` where the file system of `directory` (which may not exist yet) has less than `minimumBytes`. */
export function checkDisk(directory: string, minimumBytes: number, variable: string): void {
  let existing = directory
  while (!existsSync(existing)) existing = dirname(existing)
  const { bavail, bsize } = statfsSync(existing)
  const freeBytes = bavail * bsize
  if (freeBytes >= minimumBytes) return
  throw new IpsError(
    'disk-full',
    `${directory} needs ${formatBytes(minimumBytes)} of disk and has ${formatBytes(freeBytes)}: make room, or set ${variable} to another disk.`,
  )
}
