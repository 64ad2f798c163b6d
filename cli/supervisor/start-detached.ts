import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { markVariable } from '../processes/find-marked-processes.ts'
import { isAlive } from '../processes/process-identity.ts'
import type { Setup } from '../setup/read-setup.ts'
import type { PlanOptions } from './create-plan.ts'
import { readState, type SupervisorState } from './state-file.ts'

const pollMs = 100

/**
 * Starts a supervisor that outlives this process, and waits until every process is ready. With `ownedByCaller` it stops
 * everything as soon as this process ends, however that happens. Throws `IpsError('start-failed')` with the reason.
 */
export async function startDetached(
  setup: Setup,
  plan: PlanOptions,
  options: { ownedByCaller: boolean; onChange?: (state: SupervisorState) => void },
): Promise<ChildProcess> {
  const logs = join(setup.home, 'logs')
  mkdirSync(logs, { recursive: true })
  const log = openSync(join(logs, 'supervisor.log'), 'a')
  const args = [
    join(setup.root, 'cli', 'main.ts'),
    ...(plan.serversOnly ? ['servers', 'up', '--foreground'] : ['up']),
    ...(plan.synthetic ? ['--synthetic'] : []),
    ...plan.extraRoles.flatMap((role) => ['--with', role]),
    ...(options.ownedByCaller ? ['--until-stdin-ends'] : []),
  ]
  const child = spawn(process.execPath, args, {
    cwd: setup.root,
    // Marked like its children, it is found even before it has written its state.
    env: { ...setup.environment, IPS_HOME: setup.home, [markVariable]: setup.home },
    detached: true,
    stdio: [options.ownedByCaller ? 'pipe' : 'ignore', log, log],
  })
  closeSync(log)
  child.unref()
  await waitUntilReady(
    setup.home,
    () => child.exitCode === null && child.signalCode === null,
    options.onChange,
  )
  return child
}

/**
 * Waits until the supervisor of a home reports that everything is ready. Throws `IpsError('start-failed')` where it
 * fails or ends (`isRunning`) before that.
 */
export async function waitUntilReady(
  home: string,
  isRunning: () => boolean | Promise<boolean>,
  onChange?: (state: SupervisorState) => void,
): Promise<void> {
  let last = ''
  for (;;) {
    const running = await isRunning()
    const state = readState(home)
    const isCurrent = state !== undefined && (isAlive(state.supervisor) || state.state === 'failed')
    const text = JSON.stringify(state)
    if (isCurrent && text !== last) onChange?.(state)
    last = text
    if (isCurrent && state.state === 'ready') return
    if (!running) {
      const why = isCurrent ? state.failure : undefined
      throw new IpsError(
        'start-failed',
        why ??
          `the supervisor ended before everything was ready: see ${join(home, 'logs', 'supervisor.log')}.`,
      )
    }
    await delay(pollMs)
  }
}
