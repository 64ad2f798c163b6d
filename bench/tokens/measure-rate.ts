import { latencyOf, median, round, type Latency } from '../statistics.ts'

/** How fast something goes that is done again and again. */
export interface Rate {
  /** The median of the rounds. */
  readonly perSecond: number
  readonly rounds: readonly number[]
  /** From one call to its end, others waiting beside it. */
  readonly ms: Latency & { readonly max: number }
}

/** How a rate is measured. */
export interface RateOptions {
  /** Calls of a round. */
  readonly calls: number
  readonly rounds: number
  /** Calls under way at once. */
  readonly concurrency: number
}

/** Measures how often `work` can be done in a second, after a round that does not count. It is told the number of its call. */
export async function measureRate(
  { calls, rounds, concurrency }: RateOptions,
  work: (call: number) => Promise<unknown>,
): Promise<Rate> {
  const times: number[] = []
  const perSecond: number[] = []
  let call = 0
  for (let round = 0; round <= rounds; round += 1) {
    const end = call + calls
    const startedAt = performance.now()
    const loop = async () => {
      while (call < end) {
        const number = call
        call += 1
        const at = performance.now()
        await work(number)
        if (round > 0) times.push(performance.now() - at)
      }
    }
    await Promise.all(Array.from({ length: concurrency }, loop))
    if (round > 0) perSecond.push((calls * 1_000) / (performance.now() - startedAt))
  }
  const max = times.reduce((most, time) => Math.max(most, time), 0)
  return {
    perSecond: round(median(perSecond)),
    rounds: perSecond.map(round),
    ms: { ...latencyOf(times), max: round(max) },
  }
}
