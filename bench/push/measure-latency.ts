import type { CpuByProcess } from '../measure-cpu.ts'
import type { Latency } from '../statistics.ts'
import { createEndpoints } from './traffic.ts'
import { withStage } from './with-stage.ts'

/** The time from just before a message is published to its webhook's arrival, at a steady rate. */
export interface SteadyLatency {
  readonly endpoints: number
  readonly rate: number
  readonly latencyMs: Latency
  readonly cpuMs: CpuByProcess
}

const warmUpMessages = 2_000
/** Messages of the run that tells the maximum where no other part has. */
const trialMessages = 10_000

/**
 * Measures at 100/s for 1 and for 100 endpoints, and for 100 at half of the maximum, which is measured first where it isn't
 * known.
 */
export async function measureLatency(options: {
  readonly rate: number
  readonly seconds: number
  readonly maximum: number | undefined
  readonly report: (line: string) => void
}): Promise<SteadyLatency[]> {
  const { rate, seconds, report } = options
  const results: SteadyLatency[] = []
  for (const endpoints of [1, 100]) {
    await withStage(async (stage) => {
      const url = `${stage.sink.origin}/ok`
      const targets = await createEndpoints(stage.fixture, { name: 'even', count: endpoints, url })
      await stage.deliver(targets, warmUpMessages)
      const measure = async (perSecond: number) => {
        const run = await stage.deliver(targets, perSecond * seconds, perSecond)
        const { latencyMs, cpuMs } = run
        const result = { endpoints, rate: perSecond, latencyMs, cpuMs }
        report(`latency: ${JSON.stringify(result)}`)
        results.push(result)
      }
      await measure(rate)
      if (endpoints === 1) return
      const maximum = options.maximum ?? (await stage.deliver(targets, trialMessages)).perSecond
      await measure(Math.round(maximum / 2))
    })
  }
  return results
}
