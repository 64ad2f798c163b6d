import type { CpuByProcess } from '../measure-cpu.ts'
import { median } from '../statistics.ts'
import { countEvents, type EventCount } from './count-events.ts'
import { runTransactions, type Run } from './run-transactions.ts'
import { prepareTransactions } from './traffic.ts'
import { withStage } from './with-stage.ts'

/** Transactions as fast as possible, with a bounded number under way. */
export interface Throughput {
  /** In how many pieces each one's messages come. */
  readonly pieces: number
  readonly inFlight: number
  /** The median of the rounds. */
  readonly perSecond: number
  readonly rounds: readonly number[]
  /** Of the last round. */
  readonly cpuMs: CpuByProcess
  readonly events: EventCount
}

/** So that the code is compiled, and the connections are open. */
const warmUpTransactions = 200
/** Between the pieces of a transaction: more than a batch takes, so that each piece is a batch of its own. */
const gapMs = 250

/** Measures the transactions a second: all messages of each at once, and in six pieces. */
export async function measureThroughput(options: {
  readonly transactions: number
  readonly inFlight: number
  readonly rounds: number
  readonly report: (line: string) => void
}): Promise<Throughput[]> {
  const { transactions, inFlight, rounds, report } = options
  const results: Throughput[] = []
  for (const pieces of [1, 6] as const) {
    await withStage(async (stage) => {
      const create = await prepareTransactions(stage.fixture, { pieces })
      const run = (name: string, count: number) =>
        runTransactions(stage, { name, count, create, gapMs, pace: { inFlight } })
      await run('warm', warmUpTransactions)
      const runs: Run[] = []
      for (let round = 0; round < rounds; round += 1)
        runs.push(await run(`round-${round}`, transactions))
      const last = runs.at(-1)
      if (last === undefined) return
      const events = await countEvents(stage, last.transactions)
      const perSecond = runs.map((each) => each.perSecond)
      const { cpuMs } = last
      const rates = { perSecond: median(perSecond), rounds: perSecond }
      results.push({ pieces, inFlight, ...rates, cpuMs, events })
      report(`throughput: ${JSON.stringify(results.at(-1))}`)
    })
  }
  return results
}
