import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { createCpuMeter, findServers, type CpuByProcess } from '../measure-cpu.ts'
import { round } from '../statistics.ts'

/** Bare workflows: one signal with the start, one activity. */
export interface Baseline {
  readonly perSecond: number
  /** For each workflow. `bare` is the worker with its client. */
  readonly cpuMs: CpuByProcess
}

/** What Temporal can do at most, whatever is asked of it: bare workflows on the same server. */
export async function measureBaseline(options: {
  readonly workflows: number
  readonly inFlight: number
}): Promise<Baseline> {
  const { workflows, inFlight } = options
  const taskQueue = `bench-${randomBytes(6).toString('hex')}`
  const script = path.join(import.meta.dirname, 'bare-worker.ts')
  const args = [script, taskQueue, String(workflows), String(inFlight)]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('the baseline ended')))
    ended.catch(() => undefined)
    const lines = createInterface({ input: child.stdout })
    const nextLine = async () => {
      const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string]
      return line
    }
    await nextLine()
    const processes = [{ name: 'bare', pid: child.pid ?? 0 }, ...(await findServers())]
    const measureCpu = createCpuMeter(processes, ['bare', 'postgres', 'temporal'])
    const [perSecond, cpuMs] = await measureCpu(workflows, async () => {
      child.stdin.write('go\n')
      return Number(await nextLine())
    })
    return { perSecond: round(perSecond), cpuMs }
  } finally {
    child.stdin.end()
  }
}
