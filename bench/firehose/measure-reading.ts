import type { CpuByProcess } from '../measure-cpu.ts'
import { median, round } from '../statistics.ts'
import { copyPlainTable, fillPlainTable, type PlainCopy } from './copy-plain-table.ts'
import { readStreams, type ReadRequest } from './read-streams.ts'
import { rareType } from './render-message.ts'
import type { Stage } from './with-stage.ts'
import { withStage } from './with-stage.ts'

/** How fast streams are read. Messages of the journal a second, those that a filter leaves out included. */
export interface Reading {
  readonly name: string
  /** The median of the rounds. */
  readonly perSecond: number
  readonly rounds: readonly number[]
  /** For each message, of the last round. */
  readonly cpuMs: CpuByProcess
}

/** Reading over one connection, with a plain copy of the same bytes beside it. */
export interface SingleReading {
  readonly readings: readonly Reading[]
  readonly copy: {
    readonly by: PlainCopy['by']
    readonly perSecond: number
    readonly rounds: readonly number[]
  }
}

interface Options {
  readonly messages: number
  readonly rounds: number
}

/** Before the first round: so that the code is compiled, and the key read. */
const warmUpMessages = 5_000

/** One connection: bytes that nobody looks at, the reference client, a filter, and a plain copy, in turn. */
export function measureSingle({ messages, rounds }: Options): Promise<SingleReading> {
  return withStage(async (stage) => {
    await stage.append('single', messages)
    await fillPlainTable(stage.pool, messages)
    const tokens = [await stage.token('single')]
    const filters = { types: [rareType] }
    const meters = [
      createMeter(stage, 'bytes', { tokens, mode: 'bytes' }),
      createMeter(stage, 'reference client', { tokens, mode: 'messages' }),
      createMeter(stage, 'one in ten by a filter', { tokens, mode: 'messages', filters }),
    ]
    await warmUp(stage)
    const copies: PlainCopy[] = []
    const database = `${stage.environment['POSTGRES_DATABASE_PREFIX'] ?? ''}ips_firehose`
    for (let index = 0; index < rounds; index += 1) {
      for (const meter of meters) await meter.round(messages)
      copies.push(await copyPlainTable(stage.pool, database))
    }
    const [{ by } = { by: 'psql' as const }] = copies
    const perSecond = copies.map(({ ms }) => round((messages * 1_000) / ms))
    return {
      readings: meters.map((meter) => meter.result()),
      copy: { by, perSecond: median(perSecond), rounds: perSecond },
    }
  })
}

/** Many connections at once: so many of each of these clients, each of which has its share of the messages. */
export function measureMany(
  options: Options & { readonly clients: number; readonly connections: number },
): Promise<Reading> {
  const { messages, rounds, clients, connections } = options
  return withStage(async (stage) => {
    const each = Math.ceil(messages / clients / connections)
    const names = Array.from({ length: clients }, (_, index) => `client-${index}`)
    for (const name of names) await stage.append(name, each)
    const tokens: string[] = []
    for (const name of names) {
      const token = await stage.token(name)
      tokens.push(...Array.from({ length: connections }, () => token))
    }
    const name = `${clients} × ${connections} connections`
    const meter = createMeter(stage, name, { tokens, mode: 'bytes' })
    await warmUp(stage)
    for (let index = 0; index < rounds; index += 1) await meter.round(each)
    return meter.result()
  })
}

async function warmUp(stage: Stage): Promise<void> {
  await stage.append('warm-up', warmUpMessages)
  const tokens = [await stage.token('warm-up')]
  await readStreams({ url: stage.url, tokens, until: warmUpMessages, mode: 'bytes' })
}

function createMeter(
  stage: Stage,
  name: string,
  asked: Pick<ReadRequest, 'tokens' | 'mode' | 'filters'>,
) {
  const rounds: number[] = []
  let cpuMs: CpuByProcess = {}
  return {
    async round(until: number) {
      const messages = until * asked.tokens.length
      const [{ ms }, cpu] = await stage.measureCpu(messages, () =>
        readStreams({ url: stage.url, until, ...asked }),
      )
      rounds.push(round((messages * 1_000) / ms))
      cpuMs = cpu
    },
    result: (): Reading => ({ name, perSecond: median(rounds), rounds, cpuMs }),
  }
}
