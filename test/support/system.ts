import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'

/** What `racc status --json` says. */
export interface SystemStatus {
  readonly roles: readonly {
    readonly role: string
    readonly pid: number
    readonly state: string
    readonly restarts: number
  }[]
  readonly servers: readonly { readonly name: string; readonly pid: number }[]
}

/** A whole system, started by `racc` as an operator does it. */
export interface System {
  /** Of the gateway. */
  readonly url: string
  /** With which `racc` means this system. */
  readonly environment: NodeJS.ProcessEnv
  /** Runs `racc` against this system; resolves with its output, rejects where it ends with another code than 0. */
  racc(...args: string[]): Promise<string>
  status(): Promise<SystemStatus>
  stop(): Promise<void>
}

/**
 * Starts a system of its own on the servers that the environment names: its state is in a temporary folder, its topics,
 * databases and task queues have names of their own.
 */
export async function startSystem(options: { synthetic?: boolean } = {}): Promise<System> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'ips-e2e-'))
  const environment = await systemEnvironment(home)
  const racc = (...args: string[]) => run(path.resolve('racc'), args, environment)
  const system = {
    url: `http://127.0.0.1:${environment['IPS_PORT_BASE'] ?? ''}`,
    environment,
    racc,
    status: async () => JSON.parse(await racc('status', '--json')) as SystemStatus,
    async stop() {
      await racc('down')
      await rm(home, { recursive: true, force: true })
    },
  }
  try {
    await racc('up', '--detach', ...(options.synthetic ? ['--synthetic'] : []))
  } catch (error) {
    const logs = await racc('logs').catch(String)
    await system.stop()
    throw new Error(`the system did not start:\n${logs.slice(-20_000)}`, { cause: error })
  }
  return system
}

/** The environment of a system with this home: ports and names of its own, the servers of the tests. */
export async function systemEnvironment(home: string): Promise<NodeJS.ProcessEnv> {
  const name = `e2e${randomBytes(4).toString('hex')}`
  return {
    ...process.env,
    NODE_OPTIONS: '',
    IPS_HOME: home,
    IPS_PORT_BASE: String(await freePortBase()),
    KAFKA_TOPIC_PREFIX: `${name}-`,
    POSTGRES_DATABASE_PREFIX: `${name}_`,
    TEMPORAL_TASK_QUEUE_PREFIX: `${name}-`,
  }
}

async function run(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), exited])
  if (code !== 0)
    throw new Error(`racc ${args.join(' ')} ended with ${code ?? 'a signal'}: ${errors}${output}`)
  return output
}

/** How many ports a system may use from its base on. */
const portsOfASystem = 20

async function freePortBase(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const base = 21_000 + Math.floor(Math.random() * 9_000)
    const ports = Array.from({ length: portsOfASystem }, (_, index) => base + index)
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return base
  }
  throw new Error('no free ports')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
