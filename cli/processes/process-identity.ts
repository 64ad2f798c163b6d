import { readFileSync } from 'node:fs'

/** A process that cannot be mistaken for a later one with the same id. */
export interface ProcessIdentity {
  readonly pid: number
  /** When it was started, in clock ticks since the machine's boot. */
  readonly startTicks: number
}

/** Field 22 of `/proc/PID/stat`, counted from the state, which is field 3 and follows the name's bracket. */
const startTicksIndex = 19

/** Identifies a living process; `undefined` where there is none (a zombie is none). */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  } catch {
    return undefined
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const startTicks = Number(fields[startTicksIndex])
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : { pid, startTicks }
}

/** True while exactly this process lives. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.startTicks === identity.startTicks
}
