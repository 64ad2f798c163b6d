import { publishSteadily } from '../publish.ts'
import { round } from '../statistics.ts'
import { createEndpoints, createMessages, type Endpoint } from './traffic.ts'
import { timesOf, withStage, type Stage } from './with-stage.ts'

/** What bad endpoints cost the healthy ones, each with the same rate of messages. */
export interface Fairness {
  readonly healthy: number
  readonly bad: number
  /** Of the healthy ones, in ms. */
  readonly aloneP95: number
  readonly besideBadP95: number
  /** While the bad ones get their first messages: their workflows start, and are the first to fail. */
  readonly onsetP95: number
  /** Beside so many more healthy ones: what the load alone does. */
  readonly besideHealthyP95: number
  /** `besideBadP95` to `besideHealthyP95`: what it costs that the others are bad. */
  readonly ratio: number
  /** `besideBadP95` to `aloneP95`: what their load costs as well. */
  readonly ratioToAlone: number
}

/** Healthy endpoints, and as many bad ones. */
const perKind = 50
/** Messages a second to each endpoint. */
const ratePerEndpoint = 2
const warmUpMessages = 2_000
/** A tarpit's first failure comes after 15 s, and the first waits are of 5 s: by then each has settled into its state. */
const onsetSeconds = 25
/** Nobody listens there: connections are refused. */
const deadOrigin = 'http://127.0.0.1:1'

/**
 * Measures 50 healthy endpoints alone, beside 50 other healthy ones, and beside 50 bad ones: a quarter each dead, refusing
 * with 503, slow (3 s), and tarpits that never answer; all but the dead ones on the host and port of the healthy ones.
 */
export async function measureFairness(options: {
  readonly seconds: number
  readonly report: (line: string) => void
}): Promise<Fairness> {
  const { seconds, report } = options
  return withStage(async (stage) => {
    const { fixture, sink } = stage
    const create = (name: string, url: string, count: number) =>
      createEndpoints(fixture, { name, count, url })
    const healthy = await create('healthy', `${sink.origin}/ok`, perKind)
    const others = await create('others', `${sink.origin}/ok`, perKind)
    const badUrls = [
      `${deadOrigin}/dead`,
      `${sink.origin}/refuse`,
      `${sink.origin}/slow`,
      `${sink.origin}/tarpit`,
    ]
    const bad: Endpoint[] = []
    for (let index = 0; index < perKind; index += 1) {
      const url = badUrls[index % badUrls.length] ?? ''
      bad.push(...(await create(`bad-${index}`, url, 1)))
    }
    await stage.deliver([...healthy, ...others], warmUpMessages)
    const measure = async (name: string, beside: readonly Endpoint[], time = seconds) => {
      const answered = beside !== bad
      const [p95, cpu] = await stage.measureCpu(time, () =>
        measureBeside(stage, { name, healthy, beside, answered, seconds: time }),
      )
      report(`fairness: ${name} p95 ${p95} ms, ms of CPU a second: ${JSON.stringify(cpu)}`)
      return p95
    }
    const aloneP95 = await measure('alone', [])
    const besideHealthyP95 = await measure('beside-healthy', others)
    const onsetP95 = await measure('onset', bad, onsetSeconds)
    const besideBadP95 = await measure('beside-bad', bad)
    return {
      ...{ healthy: perKind, bad: perKind },
      ...{ aloneP95, besideHealthyP95, onsetP95, besideBadP95 },
      ratio: round(besideBadP95 / besideHealthyP95),
      ratioToAlone: round(besideBadP95 / aloneP95),
    }
  })
}

interface Beside {
  readonly name: string
  readonly healthy: readonly Endpoint[]
  readonly beside: readonly Endpoint[]
  /** Whether what goes to the others arrives too. */
  readonly answered: boolean
  readonly seconds: number
}

/** The p95 of the healthy endpoints' messages, while as many a second go to each of the others. */
async function measureBeside(stage: Stage, options: Beside): Promise<number> {
  const { name, healthy, beside, answered, seconds } = options
  const all = [...healthy, ...beside]
  const messages = createMessages(all, name, all.length * ratePerEndpoint * seconds)
  const expected = answered ? messages.length : healthy.length * ratePerEndpoint * seconds
  const [writtenAt, arrivals] = await Promise.all([
    publishSteadily(stage.send, messages, all.length * ratePerEndpoint),
    stage.sink.arrived(expected),
  ])
  const healthyIds = new Set(healthy.map(({ clientId }) => clientId))
  const at = new Map(
    messages.flatMap(({ id, record }) => {
      const arrivedAt = arrivals.at.get(id)
      return healthyIds.has(record.key) && arrivedAt !== undefined ? [[id, arrivedAt] as const] : []
    }),
  )
  return timesOf(writtenAt, { at, copies: 0 }).latencyMs.p95
}
