import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { CpuByProcess } from '../measure-cpu.ts'
import { round } from '../statistics.ts'
import { withStage } from './with-stage.ts'

/** Which streams are to be held open. */
export interface HoldRequest {
  readonly url: string
  /** One for each stream. */
  readonly tokens: readonly string[]
}

/** What open streams cost that have nothing to send. */
export interface IdleStreams {
  readonly streams: number
  /** Of the process that streams. */
  readonly residentMiB: { readonly before: number; readonly after: number }
  readonly kibPerStream: number
  /** In percent of a core, heartbeats included. */
  readonly cpuPercent: CpuByProcess
}

/** As many as a client may have. */
const streamsPerClient = 4
/** Until what the beginning has left is collected. */
const settleMs = 10_000
/** Two heartbeats of each. */
const watchMs = 20_000
const kibPerMib = 1_024

/** Opens so many streams, each of a client without messages, four of each client. */
export function measureIdle(streams: number): Promise<IdleStreams> {
  return withStage(async ({ url, token, stream, measureCpu }) => {
    const tokens: string[] = []
    while (tokens.length < streams) {
      const next = await token(`idle-${tokens.length}`)
      tokens.push(...Array.from({ length: streamsPerClient }, () => next))
    }
    const before = await stream.residentMiB()
    const child = fork(path.join(import.meta.dirname, 'idle-reader.ts'))
    try {
      const request: HoldRequest = { url, tokens: tokens.slice(0, streams) }
      child.send(request)
      const [open] = (await once(child, 'message')) as [number]
      await setTimeout(settleMs)
      const hundredths = watchMs / 100
      const [, cpuPercent] = await measureCpu(hundredths, () => setTimeout(watchMs))
      const after = await stream.residentMiB()
      return {
        streams: open,
        residentMiB: { before: round(before), after: round(after) },
        kibPerStream: round(((after - before) * kibPerMib) / open),
        cpuPercent,
      }
    } finally {
      child.kill()
    }
  })
}
