import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { RoleName } from '../../lib/topology.ts'

/** A role at work as a process of its own. */
export interface RoleProcess {
  /** What it has logged so far. */
  readonly events: readonly Readonly<Record<string, unknown>>[]
  /** Ends it in order, or at once with `SIGKILL`. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

/**
 * Starts a role with these variables on top of the test's own; resolves when it takes work, rejects where it ends before.
 * Every line of its log must be JSON; `TEST_LOG_LEVEL` shows them.
 */
export async function startRole(
  role: RoleName,
  environment: Readonly<Record<string, string>>,
): Promise<RoleProcess> {
  const child = spawn(process.execPath, [path.resolve('main.ts'), role], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '', HEALTH_PORT: '0', ...environment },
  })
  const events: Record<string, unknown>[] = []
  const exited = once(child, 'exit')
  const started = Promise.withResolvers<undefined>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = JSON.parse(line) as Record<string, unknown>
    events.push(event)
    if (process.env['TEST_LOG_LEVEL'] !== undefined) process.stderr.write(`${line}\n`)
    if (event['event'] === 'process.started') started.resolve(undefined)
  })
  await Promise.race([
    started.promise,
    exited.then(() => Promise.reject(new Error(`${role} ended: ${JSON.stringify(events.at(-1))}`))),
  ])
  return {
    events,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      await exited
    },
  }
}
