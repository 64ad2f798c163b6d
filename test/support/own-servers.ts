import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { findMarkedProcesses } from '../../cli/processes/find-marked-processes.ts'
import { signalGroup } from '../../cli/processes/signal-process.ts'
import { portsPerBase } from '../../cli/setup/ports.ts'
import { readSetup, type Setup } from '../../cli/setup/read-setup.ts'
import { testEnvironment } from '../../cli/setup/test-environment.ts'
import { createPlan } from '../../cli/supervisor/create-plan.ts'
import { manageProcess } from '../../cli/supervisor/managed-process.ts'
import { stopEverything } from '../../cli/supervisor/stop-everything.ts'
import { createTestHome } from '../../cli/testing/create-test-home.ts'
import { findPortBase } from '../../cli/testing/find-port-base.ts'
import { until } from './until.ts'

/** A real server that only this test uses, so that it may end it. */
export interface OwnServer {
  /** Its data are below, in a folder of its name. */
  readonly home: string
  /** The variable that tells processes where it is, the same after every start. */
  readonly environment: Readonly<Record<string, string>>
  /** Ends it: in good order, or at once with `SIGKILL`. Resolves when nothing of it runs any more. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Starts it again with its data and its ports; resolves when it answers. */
  start(): Promise<void>
  /** Lets it hang, all of its processes: who asks it is neither answered nor refused. */
  freeze(): void
  /** Lets it go on. */
  thaw(): void
  /** Ends it and removes its data. */
  drop(): Promise<void>
}

const variables = {
  kafka: 'KAFKA_BROKERS',
  postgres: 'POSTGRES_URL',
  temporal: 'TEMPORAL_ADDRESS',
} as const

/** A server that is configured is not started; nobody connects to these. */
const elsewhere = {
  KAFKA_BROKERS: '127.0.0.1:1',
  POSTGRES_URL: 'postgres://127.0.0.1:1',
  TEMPORAL_ADDRESS: '127.0.0.1:1',
}

/**
 * Starts one server as `racc servers` does, on ports and with data of its own; resolves when it answers. What a killed
 * test leaves behind is removed by the next one. A broker takes 400 MB: start one for a test file.
 */
export async function startOwnServer(name: keyof typeof variables): Promise<OwnServer> {
  const variable = variables[name]
  const home = await createTestHome()
  const setup = readSetup({
    ...process.env,
    ...elsewhere,
    [variable]: '',
    IPS_HOME: home,
    IPS_PORT_BASE: String(await findPortBase(portsPerBase)),
  })
  const launch = await createLauncher(setup)
  let server = launch()
  const signalAll = (signal: 'SIGSTOP' | 'SIGCONT') => {
    const pid = server.report().identity?.pid
    if (pid !== undefined) for (const member of familyOf(pid)) process.kill(member, signal)
  }
  const own: OwnServer = {
    home,
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
    environment: { [variable]: testEnvironment(setup)[variable] ?? '' },
    async stop(signal = 'SIGTERM') {
      const pid = server.report().identity?.pid
      if (signal === 'SIGKILL' && pid !== undefined) signalGroup(pid, signal)
      await server.stop()
      // Processes of a killed PostgreSQL notice its death by themselves, a moment later.
      await until(`${name} is gone`, () => findMarkedProcesses(home).length === 0)
    },
    async start() {
      server = launch()
      await server.firstReady
    },
    async drop() {
      await server.stop()
      await stopEverything(home)
      await rm(home, { recursive: true, force: true })
    },
  }
  await server.firstReady.catch(async (error: unknown) => {
    await own.drop()
    throw error
  })
  return own
}

/** A process, and all that come from it: those of PostgreSQL carry no mark, since they write their titles over it. */
function familyOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return [pid, ...children.split(' ').filter(Boolean).map(Number).flatMap(familyOf)]
}

/** Starts the one server that is not configured, and keeps it running until it is stopped. */
async function createLauncher(setup: Setup) {
  const { servers } = await createPlan(setup, {
    serversOnly: true,
    synthetic: false,
    extraRoles: [],
  })
  const [definition] = servers
  if (definition === undefined) throw new Error('every server is configured')
  return () =>
    manageProcess(definition, {
      home: setup.home,
      logFile: join(setup.home, `${definition.name}.log`),
      onChange: () => undefined,
    })
}
