import type { Command } from 'commander'
import { z } from 'zod'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { roles, type RoleName } from '../../lib/topology.ts'
import { readAddresses } from '../setup/addresses.ts'
import { readSetup, type Environment, type Setup } from '../setup/read-setup.ts'
import type { PlanOptions } from '../supervisor/create-plan.ts'
import type { SupervisorState } from '../supervisor/state-file.ts'
import { note, say } from '../terminal.ts'

const optionsSchema = z.object({
  detach: z.boolean().default(false),
  synthetic: z.boolean().default(false),
  docker: z.boolean().default(false),
  with: z.array(z.string()).default([]),
  untilStdinEnds: z.boolean().default(false),
})

/** `racc up`: the whole system, in the foreground or detached. */
export function registerUp(program: Command, environment: Environment): void {
  program
    .command('up')
    .description('start the whole system, and keep it running')
    .option('-d, --detach', 'return when every process is ready')
    .option('--synthetic', 'vision services answer with generated results, without models')
    .option('--with <role...>', 'start a role that does not start by default, such as probe')
    .option('--docker', 'use Docker Compose instead')
    .option('--until-stdin-ends', 'stop everything when standard input ends')
    .action(async (given: unknown) => {
      const options = optionsSchema.parse(given)
      const setup = readSetup(environment)
      if (options.docker) {
        const { composeUp } = await import('../docker/compose.ts')
        await composeUp(setup, { synthetic: options.synthetic })
        return
      }
      const { synthetic } = options
      const plan = { serversOnly: false, synthetic, extraRoles: options.with.map(asRole) }
      if (options.detach) await upDetached(setup, plan)
      else await upInForeground(setup, plan, options.untilStdinEnds)
    })
}

function asRole(name: string): RoleName {
  if (name in roles) return name as RoleName
  throw new IpsError(
    'role-unknown',
    `there is no role ${name}: there are ${Object.keys(roles).join(', ')}.`,
  )
}

/** Starts a supervisor that outlives this command, unless one runs, and waits until everything is ready. */
export async function upDetached(setup: Setup, plan: PlanOptions): Promise<void> {
  const { createSupervisionWatch, supervisorLockOf } =
    await import('../supervisor/stop-everything.ts')
  const { tryLock } = await import('../processes/acquire-lock.ts')
  const { startDetached, waitUntilReady } = await import('../supervisor/start-detached.ts')
  const { readState } = await import('../supervisor/state-file.ts')
  const show = showProgress()
  const lock = await tryLock(supervisorLockOf(setup.home))
  if (lock === undefined) {
    if (!plan.serversOnly && readState(setup.home)?.serversOnly === true) {
      throw new IpsError(
        'servers-only',
        'only the servers run here: ./racc down first, then ./racc up.',
      )
    }
    await waitUntilReady(setup.home, createSupervisionWatch(setup.home), show)
    note(`already running from ${setup.home}`)
    return
  }
  const { prepareStart } = await import('../supervisor/start-system.ts')
  // Held so that of two at the same time one waits for the other.
  try {
    await prepareStart(setup, plan)
  } finally {
    await lock.release()
  }
  await startDetached(setup, plan, { ownedByCaller: false, onChange: show })
  say(describeStarted(setup, plan))
}

/** Runs the supervisor as this process, until Ctrl-C, SIGTERM, or the end of standard input where that is wished. */
export async function upInForeground(
  setup: Setup,
  plan: PlanOptions,
  untilStdinEnds: boolean,
): Promise<void> {
  const { runSystem } = await import('../supervisor/start-system.ts')
  const stop = new AbortController()
  const onSignal = () => {
    // Impatience: whoever asks twice does not want to wait. `racc down` cleans up what is left.
    if (stop.signal.aborted) process.exit(130)
    stop.abort()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  if (untilStdinEnds) process.stdin.resume().once('close', () => stop.abort())
  await runSystem(setup, plan, {
    signal: stop.signal,
    onEvent: (line) => say(`${new Date().toISOString()} ${line}`),
    onReady: () => say(describeStarted(setup, plan)),
  })
  // It would keep this process alive.
  if (untilStdinEnds) process.stdin.destroy()
}

/** A line for each process that becomes ready or dies. */
function showProgress(): (state: SupervisorState) => void {
  const shown = new Map<string, string>()
  return ({ processes }) => {
    for (const { name, state, lastExit } of processes) {
      const isNews = state === 'ready' || state === 'backing-off'
      if (!isNews || shown.get(name) === state) continue
      shown.set(name, state)
      note(
        state === 'ready'
          ? `  ${name} is ready`
          : `  ${name} died: ${lastExit?.reason ?? 'unknown'}`,
      )
    }
  }
}

function describeStarted(setup: Setup, { serversOnly }: PlanOptions): string {
  const { ports, home } = setup
  if (serversOnly) {
    return `the servers are ready; \`./racc servers env\` prints where they are, state is in ${home}`
  }
  const { temporalUiUrl } = readAddresses(setup)
  const ui = temporalUiUrl === undefined ? '' : `, Temporal UI ${temporalUiUrl}`
  return `ready: API http://127.0.0.1:${ports.gateway}/docs${ui}, state in ${home}`
}
