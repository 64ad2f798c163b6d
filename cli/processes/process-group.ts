import { readFileSync } from 'node:fs'

/** The process group of a living process; `undefined` where it is gone. Field 5 of `/proc/PID/stat`. */
export function processGroupOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2])
  } catch {
    return undefined
  }
}
