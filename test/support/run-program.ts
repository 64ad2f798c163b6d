import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'

/** One line of a process's log. */
export type LogEvent = Readonly<Record<string, unknown>> & { readonly event: string }

/** A process of the system under test. */
export interface Program {
  readonly pid: number
  readonly events: readonly LogEvent[]
  /** Resolves with the first event of this name that satisfies the condition, past ones included. */
  event(name: string, condition?: (event: LogEvent) => boolean): Promise<LogEvent>
  kill(signal: NodeJS.Signals): void
  /** Resolves with the exit code, `null` after a signal. */
  readonly ended: Promise<number | null>
}

/** Starts `node FILE ARGS…` with these variables on top of the test's own. Its log is read, its errors are shown. */
export function runProgram(
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Program {
  const child = spawn(
    process.execPath,
    ['--disable-warning=TimeoutNegativeWarning', file, ...args],
    {
      env: { ...process.env, NODE_OPTIONS: '', ...environment },
      stdio: ['ignore', 'pipe', process.env['TEST_LOG_LEVEL'] === undefined ? 'ignore' : 'inherit'],
    },
  )
  const events: LogEvent[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{')) events.push(JSON.parse(line) as LogEvent)
    child.emit('event')
  })
  const ended = once(child, 'close').then(([code]) => {
    child.emit('event')
    return code as number | null
  })
  let over = false
  void ended.then(() => (over = true))
  return {
    pid: child.pid ?? 0,
    events,
    ended,
    kill: (signal) => void child.kill(signal),
    async event(name, condition = () => true) {
      for (;;) {
        const found = events.find((event) => event.event === name && condition(event))
        if (found !== undefined) return found
        if (over)
          throw new Error(`the process ended without ${name}: ${JSON.stringify(events.slice(-5))}`)
        await once(child, 'event')
      }
    },
  }
}

/** Process ids of the children of a process. */
export async function childrenOf(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return children.split(' ').filter(Boolean).map(Number)
}

/** Whether a process runs; a zombie does not. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8')
    return status.slice(status.lastIndexOf(')') + 2, status.lastIndexOf(')') + 3) !== 'Z'
  } catch {
    return false
  }
}
