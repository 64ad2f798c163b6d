import { IpsError } from '../../lib/errors/ips-error.ts'
import { isLocked } from '../processes/acquire-lock.ts'
import { findMarkedProcesses } from '../processes/find-marked-processes.ts'
import { processGroupOf } from '../processes/process-group.ts'
import { isAlive, type ProcessIdentity } from '../processes/process-identity.ts'
import { signalProcess, waitForEnd } from '../processes/signal-process.ts'
import { readState, removeState, type SupervisorState } from './state-file.ts'

/** A supervisor stops its roles (25 s at most), then its servers (15 s at most). */
const supervisorStopMs = 45_000
/** What has no supervisor any more gets this long to end in good order. */
const orphanStopMs = 20_000
const killedMs = 5_000

/** The lock that a supervisor holds as long as it lives. */
export function supervisorLockOf(home: string): string {
  return `supervisor:${home}`
}

/** A supervisor that another command starts takes the lock a moment after that command has let it go. */
const handOverMs = 10_000

/** Creates a check that is true while a supervisor of this home lives, or may be about to. */
export function createSupervisionWatch(home: string): () => Promise<boolean> {
  let lastSeenMs = Date.now()
  return async () => {
    if (await isLocked(supervisorLockOf(home))) lastSeenMs = Date.now()
    return Date.now() - lastSeenMs < handOverMs
  }
}

/**
 * Ends the supervisor of a home and everything that it ever started, whatever happened before: in good order where it
 * goes, by force where it does not. Returns how many processes it found. Throws `IpsError('processes-left')`.
 */
export async function stopEverything(home: string): Promise<number> {
  const state = readState(home)
  const found = state === undefined ? 0 : livingOf(state).length
  if (state !== undefined && isAlive(state.supervisor)) {
    signalProcess(state.supervisor.pid, 'SIGTERM')
    const alive = await waitForEnd([state.supervisor], supervisorStopMs)
    for (const { pid } of alive) signalProcess(pid, 'SIGKILL')
    await waitForEnd(alive, killedMs)
  }
  const orphans = await stopOrphans(home)
  removeState(home)
  return Math.max(found, orphans)
}

/** Ends what a killed supervisor left behind. Returns how many processes that were. Throws `IpsError('processes-left')`. */
export async function stopOrphans(home: string): Promise<number> {
  const recorded = readState(home)
    ?.processes.filter((entry) => entry.identity !== null && isAlive(entry.identity))
    .map(({ kind, identity, stopSignal }) => ({ kind, identity, stopSignal }))
  const leaders = recorded ?? []
  const leaderGroups = new Set(leaders.map(({ identity }) => identity?.pid))
  const strays = findMarkedProcesses(home).filter(
    ({ pid }) => !leaderGroups.has(processGroupOf(pid)),
  )
  const ofKind = (kind: 'role' | 'server') =>
    leaders.flatMap(({ identity, stopSignal, ...entry }) =>
      entry.kind === kind && identity !== null ? [{ ...identity, stopSignal }] : [],
    )
  const stray = strays.map((identity) => ({ ...identity, stopSignal: 'SIGTERM' as const }))
  await endInOrder([...ofKind('role'), ...stray])
  await endInOrder(ofKind('server'))
  await killMarked(home)
  return leaders.length + strays.length
}

async function endInOrder(
  processes: readonly (ProcessIdentity & { readonly stopSignal: NodeJS.Signals })[],
): Promise<void> {
  for (const { pid, stopSignal } of processes) signalProcess(pid, stopSignal)
  for (const { pid } of await waitForEnd(processes, orphanStopMs)) signalProcess(pid, 'SIGKILL')
  await waitForEnd(processes, killedMs)
}

/** Children that outlived their parents carry the mark as well. */
async function killMarked(home: string): Promise<void> {
  const deadline = Date.now() + killedMs
  for (;;) {
    const marked = findMarkedProcesses(home)
    if (marked.length === 0) return
    for (const { pid } of marked) signalProcess(pid, 'SIGKILL')
    const left = await waitForEnd(marked, killedMs)
    if (left.length > 0 && Date.now() > deadline) {
      throw new IpsError(
        'processes-left',
        `processes ${left.map(({ pid }) => pid).join(', ')} cannot be killed.`,
      )
    }
  }
}

function livingOf(state: SupervisorState): ProcessIdentity[] {
  return [state.supervisor, ...state.processes.flatMap(({ identity }) => identity ?? [])].filter(
    isAlive,
  )
}
