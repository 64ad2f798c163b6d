import type { CpuByProcess } from '../measure-cpu.ts'
import { round } from '../statistics.ts'
import { readStreams } from './read-streams.ts'
import { withStage } from './with-stage.ts'

/** A client that comes back: all that waits for it, by the reference client, over one connection. */
export interface CatchUp {
  readonly messages: number
  readonly seconds: number
  readonly perSecond: number
  readonly cpuMs: CpuByProcess
  /** Of the process that streams, while it did. */
  readonly residentMiB: { readonly before: number; readonly after: number }
}

/** Appends them, then reads them; each must come once and in order. */
export function measureCatchUp(messages: number): Promise<CatchUp> {
  return withStage(async ({ append, token, url, stream, measureCpu }) => {
    await append('returning', messages)
    const tokens = [await token('returning')]
    const before = await stream.residentMiB()
    const [result, cpuMs] = await measureCpu(messages, () =>
      readStreams({ url, tokens, until: messages, mode: 'messages' }),
    )
    if (result.messages !== messages) throw new Error(`${result.messages} of ${messages} came`)
    const seconds = result.ms / 1_000
    return {
      messages,
      seconds: round(seconds),
      perSecond: round(messages / seconds),
      cpuMs,
      residentMiB: { before: round(before), after: round(await stream.residentMiB()) },
    }
  })
}
