import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'

/** What the sink is asked. */
export type SinkRequest =
  | { readonly type: 'up'; readonly port: number }
  | { readonly type: 'down' }
  | { readonly type: 'count' }
  /** Hand over everything as soon as so many ids have arrived. */
  | { readonly type: 'expect'; readonly count: number }

/** What it answers. */
export type SinkReport =
  | { readonly type: 'up'; readonly port: number }
  | { readonly type: 'down' }
  | { readonly type: 'count'; readonly count: number }
  | { readonly type: 'arrivals'; readonly arrivals: Map<string, number>; readonly copies: number }

/** What has arrived. */
export interface Arrivals {
  /** When each id arrived first, in ms of `machineMs`. */
  readonly at: ReadonlyMap<string, number>
  /** Requests whose id had arrived before. */
  readonly copies: number
}

/** The endpoints of the bench: a process of its own. Ask one thing at a time. */
export interface Sink {
  readonly pid: number
  readonly origin: string
  /** Resolves when so many different ids have arrived since the last time, and forgets them. Rejects after `timeoutMs`. */
  arrived(count: number, timeoutMs?: number): Promise<Arrivals>
  /** How many different ids have arrived since the last time. */
  count(): Promise<number>
  /** Drops every connection and refuses new ones. */
  goDown(): Promise<void>
  comeBack(): Promise<void>
  stop(): void
}

/** Much longer than any part of the bench takes on a slow machine: then something is lost. */
const arrivalTimeoutMs = 180_000
/** It answers at once, but for a machine that is very busy. */
const answerTimeoutMs = 30_000

/** Starts the sink on a free port of this machine. */
export async function startSink(): Promise<Sink> {
  const child = fork(path.join(import.meta.dirname, 'sink.ts'), { serialization: 'advanced' })
  const ask = async <Type extends SinkReport['type']>(
    request: SinkRequest,
    type: Type,
    timeoutMs = answerTimeoutMs,
  ) => {
    const signal = AbortSignal.timeout(timeoutMs)
    child.send(request)
    for (;;) {
      const [report] = (await once(child, 'message', { signal })) as [SinkReport]
      if (report.type === type) return report as Extract<SinkReport, { type: Type }>
    }
  }
  const { port } = await ask({ type: 'up', port: 0 }, 'up')
  const count = async () => (await ask({ type: 'count' }, 'count')).count
  return {
    pid: child.pid ?? 0,
    origin: `http://127.0.0.1:${port}`,
    count,
    async arrived(expected, timeoutMs = arrivalTimeoutMs) {
      try {
        const request = { type: 'expect', count: expected } as const
        const { arrivals, copies } = await ask(request, 'arrivals', timeoutMs)
        return { at: arrivals, copies }
      } catch (cause) {
        const message = `${await count()} of ${expected} messages arrived in ${timeoutMs} ms`
        throw new Error(message, { cause })
      }
    },
    async goDown() {
      await ask({ type: 'down' }, 'down')
    },
    async comeBack() {
      await ask({ type: 'up', port }, 'up')
    },
    stop: () => void child.kill(),
  }
}
