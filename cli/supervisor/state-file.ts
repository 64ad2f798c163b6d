import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const identity = z.object({ pid: z.number(), startTicks: z.number() })

const processSchema = z.object({
  kind: z.enum(['server', 'role']),
  name: z.string(),
  ports: z.record(z.string(), z.number()),
  state: z.enum(['starting', 'ready', 'unready', 'backing-off', 'stopping', 'stopped']),
  identity: identity.nullable(),
  restarts: z.number(),
  startedAt: z.string().nullable(),
  lastExit: z.object({ at: z.string(), reason: z.string() }).nullable(),
  stopSignal: z.enum(['SIGTERM', 'SIGINT']),
})

const stateSchema = z.object({
  supervisor: identity,
  /** Of the whole: `ready` once every process was. */
  state: z.enum(['starting', 'ready', 'stopping', 'failed']),
  /** Why it failed. */
  failure: z.string().optional(),
  /** True where servers alone were asked for. */
  serversOnly: z.boolean(),
  /** Servers that somebody else runs. */
  configured: z.array(z.object({ name: z.string(), address: z.string() })),
  processes: z.array(processSchema),
})

/** What the supervisor knows, for whoever asks while it runs, and for whoever has to clean up after it. */
export type SupervisorState = z.output<typeof stateSchema>

function stateFile(home: string): string {
  return join(home, 'supervisor.json')
}

/** Replaces the state as a whole: a reader sees the old one or the new one. */
export function writeState(home: string, state: SupervisorState): void {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const part = `${stateFile(home)}.part`
  writeFileSync(part, `${JSON.stringify(state, undefined, 2)}\n`)
  renameSync(part, stateFile(home))
}

/** Reads the state; `undefined` where there is none, or where nobody could use it. */
export function readState(home: string): SupervisorState | undefined {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(stateFile(home), 'utf8')))
  } catch {
    return undefined
  }
}

/** Removes the state: nothing runs any more. */
export function removeState(home: string): void {
  rmSync(stateFile(home), { force: true })
}
