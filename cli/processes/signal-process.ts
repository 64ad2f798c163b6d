import { isAlive, type ProcessIdentity } from './process-identity.ts'

/** Sends a signal; nothing happens where the process is gone. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Sends a signal to every process of a group; nothing happens where the group is empty. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  signalProcess(-leader, signal)
}

const pollMs = 50

/** Waits until every one of `processes` is gone. Returns those that still live after `timeoutMs`. */
export async function waitForEnd(
  processes: readonly ProcessIdentity[],
  timeoutMs: number,
): Promise<ProcessIdentity[]> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const alive = processes.filter(isAlive)
    if (alive.length === 0 || Date.now() > deadline) return alive
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}
