import { join } from 'node:path'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { identifyProcess } from '../processes/process-identity.ts'
import {
  manageProcess,
  type ManagedProcess,
  type ProcessReport,
  type RestartLimits,
} from './managed-process.ts'
import type { ProcessDefinition } from './process-definition.ts'
import { rotateLog } from './rotate-log.ts'
import { removeState, writeState, type SupervisorState } from './state-file.ts'

/** What is to run. */
export interface Plan {
  readonly home: string
  readonly serversOnly: boolean
  readonly configured: readonly { readonly name: string; readonly address: string }[]
  readonly servers: readonly ProcessDefinition[]
  readonly roles: readonly ProcessDefinition[]
  /** Done when the servers are ready, before the roles start. Must be idempotent. */
  readonly prepareServers: () => Promise<void>
}

export interface SuperviseOptions {
  /** Aborted where everything is to stop. */
  readonly signal: AbortSignal
  /** A line for people, about every change. */
  readonly onEvent: (line: string) => void
  readonly onReady?: () => void
  readonly limits?: Partial<RestartLimits>
}

/** Servers recover what a crash left, roles load models; on a busy machine that takes a while. */
const startTimeoutMs = 180_000
const rotateEveryMs = 30_000

/**
 * Runs a plan: the servers, then what they need, then the roles; keeps all of it running, and its state in
 * `supervisor.json`, until `signal` is aborted; then stops the roles, then the servers, and removes the state. Where the
 * start fails it stops everything, leaves the reason in the state, and throws it.
 */
export async function supervise(plan: Plan, options: SuperviseOptions): Promise<void> {
  const crew = createCrew(plan, options)
  const rotation = setInterval(() => crew.rotateLogs(), rotateEveryMs)
  const stopped = new Promise<'stopped'>((resolve) => {
    if (options.signal.aborted) resolve('stopped')
    options.signal.addEventListener('abort', () => resolve('stopped'))
  })
  try {
    if ((await startAll(plan, crew, stopped)) === 'ready') {
      crew.setState('ready')
      options.onReady?.()
      await stopped
    }
    crew.setState('stopping')
    await crew.stop()
    removeState(plan.home)
  } catch (error) {
    await crew.stop()
    crew.setState('failed', error instanceof Error ? error.message : String(error))
    throw error
  } finally {
    clearInterval(rotation)
  }
}

interface Crew {
  start(definitions: readonly ProcessDefinition[]): Promise<unknown>
  setState(state: SupervisorState['state'], failure?: string): void
  rotateLogs(): void
  stop(): Promise<void>
}

async function startAll(
  plan: Plan,
  crew: Crew,
  stopped: Promise<'stopped'>,
): Promise<'ready' | 'stopped'> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const seconds = startTimeoutMs / 1000
    const sentence = `not everything is ready after ${seconds} s: see ./racc logs.`
    late.reject(new IpsError('start-timed-out', sentence))
  }, startTimeoutMs)
  const start = async () => {
    await crew.start(plan.servers)
    await plan.prepareServers()
    await crew.start(plan.roles)
    return 'ready' as const
  }
  try {
    return await Promise.race([start(), late.promise, stopped])
  } finally {
    clearTimeout(timer)
  }
}

function createCrew(plan: Plan, { onEvent, limits }: SuperviseOptions): Crew {
  const supervisor = identifyProcess(process.pid) ?? { pid: process.pid, startTicks: 0 }
  const members = new Map<ProcessDefinition, ManagedProcess>()
  const seen = new Map<string, string>()
  let state: SupervisorState['state'] = 'starting'
  let failure: string | undefined
  let stopping = false
  const attempt = reportOnce(onEvent)
  const write = () =>
    attempt('the state cannot be written', () =>
      writeState(plan.home, {
        supervisor,
        state,
        ...(failure !== undefined && { failure }),
        serversOnly: plan.serversOnly,
        configured: [...plan.configured],
        processes: [...members.values()].map((member) => member.report() as MutableReport),
      }),
    )
  const onChange = (report: ProcessReport) => {
    const line = describeChange(report)
    if (seen.get(report.name) !== line) onEvent(line)
    seen.set(report.name, line)
    write()
  }
  write()
  return {
    start: async (definitions) => {
      if (stopping) return
      const started = definitions.map((definition) => {
        const member = manageProcess(definition, {
          home: plan.home,
          logFile: logFileOf(plan, definition),
          onChange,
          ...(limits !== undefined && { limits }),
        })
        members.set(definition, member)
        return member
      })
      write()
      await Promise.all(started.map((member) => member.firstReady))
    },
    setState: (next, reason) => {
      state = next
      failure = reason
      write()
    },
    rotateLogs: () => {
      for (const definition of members.keys()) {
        attempt('a log cannot be rotated', () => rotateLog(logFileOf(plan, definition)))
      }
    },
    stop: async () => {
      stopping = true
      await stopAll(members.values(), 'role')
      await stopAll(members.values(), 'server')
    },
  }
}

function logFileOf({ home }: Plan, { name }: ProcessDefinition): string {
  return join(home, 'logs', `${name}.log`)
}

async function stopAll(
  members: Iterable<ManagedProcess>,
  kind: ProcessDefinition['kind'],
): Promise<void> {
  await Promise.all(
    [...members].filter((member) => member.report().kind === kind).map((member) => member.stop()),
  )
}

/** Runs steps that a full disk may fail; a failure is reported once until the step succeeds, and ends nothing. */
function reportOnce(onEvent: (line: string) => void): (what: string, step: () => void) => void {
  const failing = new Set<string>()
  return (what, step) => {
    try {
      step()
      failing.delete(what)
    } catch (error) {
      if (!failing.has(what))
        onEvent(`${what}: ${error instanceof Error ? error.message : String(error)}`)
      failing.add(what)
    }
  }
}

type MutableReport = SupervisorState['processes'][number]

function describeChange({
  name,
  state,
  identity,
  ports,
  lastExit,
  restarts,
}: ProcessReport): string {
  const where = Object.entries(ports).map(([use, port]) => `${use} ${port}`)
  switch (state) {
    case 'ready':
      return `${name} is ready (pid ${identity?.pid ?? '?'}, ${where.join(', ')})`
    case 'backing-off':
      return `${name} died: ${lastExit?.reason ?? 'unknown'}; it is started again`
    case 'unready':
      return `${name} is not ready any more`
    case 'starting':
      return restarts === 0 ? `${name} starts` : `${name} starts again (restart ${restarts})`
    case 'stopping':
      return `${name} stops`
    case 'stopped':
      return `${name} has stopped`
  }
}
