import type { CpuByProcess } from '../measure-cpu.ts'
import { median } from '../statistics.ts'
import { createEndpoints } from './traffic.ts'
import { withStage } from './with-stage.ts'

/** Deliveries to a number of endpoints, as fast as possible. */
export interface Throughput {
  readonly endpoints: number
  /** The median of the rounds. */
  readonly perSecond: number
  readonly rounds: readonly number[]
  /** Of the last round. */
  readonly cpuMs: CpuByProcess
}

/** Before the first round: so that the endpoints are awake, the settings read, the connections open, the code compiled. */
const warmUpMessages = 2_000

/** Measures the deliveries a second for each of these numbers of endpoints, which are awake. */
export async function measureThroughput(options: {
  readonly counts: readonly number[]
  readonly messages: number
  readonly rounds: number
  readonly report: (line: string) => void
}): Promise<Throughput[]> {
  const results: Throughput[] = []
  for (const endpoints of options.counts) {
    const result = await withStage(async (stage) => {
      const url = `${stage.sink.origin}/ok`
      const targets = await createEndpoints(stage.fixture, { name: 'fast', count: endpoints, url })
      await stage.deliver(targets, Math.max(warmUpMessages, endpoints))
      const runs = []
      for (let round = 0; round < options.rounds; round += 1)
        runs.push(await stage.deliver(targets, options.messages))
      const rounds = runs.map(({ perSecond }) => perSecond)
      return { endpoints, perSecond: median(rounds), rounds, cpuMs: runs.at(-1)?.cpuMs ?? {} }
    })
    options.report(`${endpoints} endpoints: ${JSON.stringify(result)}`)
    results.push(result)
  }
  return results
}
