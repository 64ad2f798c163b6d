import { readdirSync, readFileSync } from 'node:fs'
import { identifyProcess, type ProcessIdentity } from './process-identity.ts'

/** Every process that the supervisor starts has this in its environment, with the home, and so have its children. */
export const markVariable = 'IPS_SUPERVISED_HOME'

/**
 * The living processes that carry the mark of `home`, this one excepted: what is found even when the supervisor was
 * killed, its state file is lost, or a parent died before its children.
 */
export function findMarkedProcesses(home: string): ProcessIdentity[] {
  const mark = Buffer.from(`${markVariable}=${home}\0`)
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && hasMark(name, mark))
    .flatMap((name) => identifyProcess(Number(name)) ?? [])
}

function hasMark(pid: string, mark: Buffer): boolean {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`)
    const at = environment.indexOf(mark)
    return at === 0 || (at > 0 && environment[at - 1] === 0)
  } catch {
    // Somebody else's process, or one that has just ended.
    return false
  }
}
