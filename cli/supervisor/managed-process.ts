import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, openSync, fstatSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { markVariable } from '../processes/find-marked-processes.ts'
import { identifyProcess, type ProcessIdentity } from '../processes/process-identity.ts'
import { signalGroup, signalProcess } from '../processes/signal-process.ts'
import { describeExit } from './describe-exit.ts'
import type { ProcessDefinition } from './process-definition.ts'

/** `unready` was ready and is not now; `backing-off` waits for its next start. */
export type ProcessState = 'starting' | 'ready' | 'unready' | 'backing-off' | 'stopping' | 'stopped'

/** How a process is doing. */
export interface ProcessReport {
  readonly kind: 'server' | 'role'
  readonly name: string
  readonly ports: Readonly<Record<string, number>>
  readonly state: ProcessState
  readonly identity: ProcessIdentity | null
  readonly restarts: number
  readonly startedAt: string | null
  readonly lastExit: { readonly at: string; readonly reason: string } | null
  readonly stopSignal: NodeJS.Signals
}

/** A process that is kept running. */
export interface ManagedProcess {
  report(): ProcessReport
  /** Resolves when it is ready for the first time. Rejects where it ends again and again before that. */
  readonly firstReady: Promise<void>
  /** Ends it in good order, or after its time-out by force, and whatever it started with it. */
  stop(): Promise<void>
}

/** How long things take. */
export interface RestartLimits {
  /** Before the first restart. */
  readonly firstDelayMs: number
  /** Each restart waits twice as long as the one before it, up to this. */
  readonly maxDelayMs: number
  /** Ready for so long, a process counts as sound again: the next restart waits the first delay. */
  readonly soundAfterMs: number
  /** How often it is asked whether it is ready, before and after it was. */
  readonly startingPollMs: number
  readonly pollMs: number
  /** So many ends in a row before it was ever ready: it does not start. */
  readonly maxFailedStarts: number
}

export const restartLimits: RestartLimits = {
  firstDelayMs: 500,
  maxDelayMs: 30_000,
  soundAfterMs: 60_000,
  startingPollMs: 150,
  pollMs: 2_000,
  maxFailedStarts: 3,
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Everything that the steps of one process's life share. */
interface Life {
  readonly definition: ProcessDefinition
  readonly options: ManageOptions
  readonly limits: RestartLimits
  readonly report: Mutable<ProcessReport>
  readonly stopping: AbortController
  readonly firstReady: PromiseWithResolvers<undefined>
  readySinceMs: number | undefined
}

export interface ManageOptions {
  /** The home of the set-up: the mark by which survivors are found. */
  readonly home: string
  readonly logFile: string
  readonly limits?: Partial<RestartLimits>
  /** Called after every change of the report. */
  readonly onChange: (report: ProcessReport) => void
}

/** Starts a process and keeps it running until `stop`. Each start is a process group of its own. */
export function manageProcess(
  definition: ProcessDefinition,
  options: ManageOptions,
): ManagedProcess {
  const { kind, name, ports, stopSignal } = definition
  const life: Life = {
    definition,
    options,
    limits: { ...restartLimits, ...options.limits },
    report: {
      kind,
      name,
      ports,
      state: 'starting',
      identity: null,
      restarts: 0,
      startedAt: null,
      lastExit: null,
      stopSignal,
    },
    stopping: new AbortController(),
    firstReady: Promise.withResolvers<undefined>(),
    readySinceMs: undefined,
  }
  // Whoever starts a process need not wait for it.
  life.firstReady.promise.catch(() => undefined)
  const ended = keepRunning(life)
  return {
    report: () => ({ ...life.report }),
    firstReady: life.firstReady.promise,
    stop: async () => {
      life.stopping.abort()
      await ended
    },
  }
}

async function keepRunning(life: Life): Promise<void> {
  const { limits, stopping } = life
  let delayMs = limits.firstDelayMs
  let failedStarts = 0
  while (!isStopping(life)) {
    life.readySinceMs = undefined
    const reason = await runOnce(life)
    const readyMs = readyForMs(life)
    const lastExit = { at: new Date().toISOString(), reason }
    if (isStopping(life)) break
    change(life, { state: 'backing-off', identity: null, lastExit })
    failedStarts = readyMs >= 0 ? 0 : failedStarts + 1
    if (failedStarts >= limits.maxFailedStarts) {
      life.firstReady.reject(
        new IpsError('process-does-not-start', `${life.definition.name} does not start: ${reason}`),
      )
    }
    if (readyMs >= limits.soundAfterMs) delayMs = limits.firstDelayMs
    await delay(delayMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    delayMs = Math.min(delayMs * 2, limits.maxDelayMs)
    life.report.restarts += 1
  }
  life.firstReady.reject(new IpsError('stopped', `${life.definition.name} was stopped.`))
  change(life, { state: 'stopped', identity: null })
}

/** One start to its end. Returns why it ended. */
async function runOnce(life: Life): Promise<string> {
  const { definition, options } = life
  change(life, { state: 'starting' })
  try {
    await definition.prepare?.()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  if (isStopping(life)) return 'stopped'
  mkdirSync(dirname(options.logFile), { recursive: true })
  const log = openSync(options.logFile, 'a')
  const logStart = fstatSync(log).size
  const child = spawn(definition.command, definition.args, {
    cwd: definition.directory,
    env: { ...definition.environment, [markVariable]: options.home },
    stdio: ['ignore', log, log],
    detached: true,
    ...definition.user,
  })
  closeSync(log)
  const exit = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', (code, signal) =>
      resolve(describeExit(code, signal, { file: options.logFile, start: logStart })),
    )
  })
  return await accompany(life, child, exit)
}

/** Watches a running child, and ends it where that is wished. */
async function accompany(life: Life, child: ChildProcess, exit: Promise<string>): Promise<string> {
  const { pid } = child
  if (pid === undefined) return await exit
  change(life, { identity: identifyProcess(pid) ?? null, startedAt: new Date().toISOString() })
  const over = new AbortController()
  const watching = watchReadiness(life, over.signal)
  const stop = () => {
    change(life, { state: 'stopping' })
    signalProcess(pid, life.definition.stopSignal)
    const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), life.definition.stopTimeoutMs)
    over.signal.addEventListener('abort', () => clearTimeout(timer))
  }
  if (isStopping(life)) stop()
  else life.stopping.signal.addEventListener('abort', stop)
  const reason = await exit
  life.stopping.signal.removeEventListener('abort', stop)
  over.abort()
  // Its children have nobody to work for any more.
  signalGroup(pid, 'SIGKILL')
  await watching
  return reason
}

async function watchReadiness(life: Life, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const isReady = await life.definition.isReady().catch(() => false)
    if (isStopping(life)) return
    const { state, identity } = life.report
    // What ended in the meantime is neither.
    if (identity === null) return
    if (isReady && state !== 'ready') {
      life.readySinceMs ??= Date.now()
      change(life, { state: 'ready' })
      life.firstReady.resolve(undefined)
    } else if (!isReady && state === 'ready') {
      change(life, { state: 'unready' })
    }
    const pollMs = state === 'starting' ? life.limits.startingPollMs : life.limits.pollMs
    await delay(pollMs, undefined, { signal: over }).catch(() => undefined)
  }
}

function isStopping({ stopping }: Life): boolean {
  return stopping.signal.aborted
}

/** How long it has been ready in this start; negative where it never was. */
function readyForMs({ readySinceMs }: Life): number {
  return readySinceMs === undefined ? -1 : Date.now() - readySinceMs
}

function change(life: Life, changes: Partial<ProcessReport>): void {
  Object.assign(life.report, changes)
  life.options.onChange({ ...life.report })
}
