import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { RoleName } from '../lib/topology.ts'
import { findFreePort } from './find-free-port.ts'

/** A process of the system at work. */
export interface RunningProcess {
  readonly pid: number
  /** The sum of a metric's samples, of those whose labels contain a text where one is given. */
  metric(name: string, labels?: string): Promise<number>
  /** Resident memory now, in MiB. */
  residentMiB(): Promise<number>
  /** Ends it in order. */
  stop(): Promise<void>
}

const pollMs = 50
const startTimeoutMs = 60_000
const kibPerMib = 1_024

/**
 * Starts a role whose log goes to a file, as in production, where nobody's reading of it takes part in the measurement.
 * Resolves when it takes work. `PUSH_NODE_OPTIONS` (for `push`, and so on) are Node's options for it alone, for example
 * `--cpu-prof`.
 */
export async function startProcess(
  role: RoleName,
  environment: Readonly<Record<string, string>>,
): Promise<RunningProcess> {
  const folder = await mkdtemp(path.join(tmpdir(), 'ips-bench-'))
  const logFile = path.join(folder, 'process.log')
  const log = openSync(logFile, 'a')
  const port = await findFreePort()
  const child = spawn(process.execPath, [path.resolve('main.ts'), role], {
    stdio: ['ignore', log, log],
    env: {
      ...process.env,
      NODE_OPTIONS: process.env[`${role.toUpperCase()}_NODE_OPTIONS`] ?? '',
      HEALTH_PORT: String(port),
      ...environment,
    },
  })
  closeSync(log)
  // Whoever ends the bench ends it too.
  const end = () => void child.kill('SIGKILL')
  process.once('exit', end)
  const exited = once(child, 'exit')
  const health = `http://127.0.0.1:${port}`
  try {
    await untilReady(`${health}/health/ready`, () => child.exitCode === null)
  } catch (cause) {
    child.kill('SIGKILL')
    throw new Error(`${role} does not start:\n${await lastLines(logFile)}`, { cause })
  }
  return {
    pid: child.pid ?? 0,
    metric: async (name, labels = '') =>
      sumSamples(await (await fetch(`${health}/metrics`)).text(), name, labels),
    residentMiB: () => readResidentMiB(child.pid ?? 0),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
      await exited
      process.off('exit', end)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Resident memory of a process, in MiB; 0 where it is gone. */
export async function readResidentMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) / kibPerMib
}

async function untilReady(url: string, isAlive: () => boolean): Promise<void> {
  const deadline = Date.now() + startTimeoutMs
  while (isAlive() && Date.now() < deadline) {
    const isReady = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isReady) return
    await setTimeout(pollMs)
  }
  throw new Error('not ready')
}

async function lastLines(file: string): Promise<string> {
  return (await readFile(file, 'utf8')).split('\n').slice(-10).join('\n')
}

/** Of Prometheus' text format. */
function sumSamples(text: string, name: string, labels: string): number {
  let sum = 0
  for (const line of text.split('\n')) {
    const [sample = '', value = ''] = line.split(/ (?=[^ ]*$)/)
    if (sample.startsWith(`${name}{`) && sample.includes(labels)) sum += Number(value)
  }
  return sum
}
