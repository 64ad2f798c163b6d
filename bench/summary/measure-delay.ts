import type { CpuByProcess } from '../measure-cpu.ts'
import type { Latency } from '../statistics.ts'
import { runTransactions } from './run-transactions.ts'
import { prepareTransactions } from './traffic.ts'
import { withStage, type Stage } from './with-stage.ts'

/** From the last terminal message to the summary, at a steady rate of transactions whose messages come in six pieces. */
export interface Delay {
  readonly perSecond: number
  readonly transactions: number
  readonly delayMs: Latency
  readonly cpuMs: CpuByProcess
}

const warmUpTransactions = 100
const warmUpInFlight = 20
/** Between the pieces of a transaction. */
const gapMs = 200

/** Measures it on a stage of its own. */
export async function measureDelay(options: {
  readonly perSecond: number
  readonly seconds: number
}): Promise<Delay> {
  return withStage(async (stage) => {
    const create = await prepareTransactions(stage.fixture, { pieces: 6 })
    const pace = { inFlight: warmUpInFlight }
    await runTransactions(stage, { name: 'warm', count: warmUpTransactions, create, gapMs, pace })
    return measureDelayOn(stage, { name: 'steady', ...options })
  })
}

/** Measures it beside whatever else the stage holds. */
export async function measureDelayOn(
  stage: Stage,
  options: { readonly name: string; readonly perSecond: number; readonly seconds: number },
): Promise<Delay> {
  const { name, perSecond, seconds } = options
  const create = await prepareTransactions(stage.fixture, { pieces: 6 })
  const count = Math.max(1, Math.round(perSecond * seconds))
  const pace = { perSecond }
  const { delayMs, cpuMs } = await runTransactions(stage, { name, count, create, gapMs, pace })
  return { perSecond, transactions: count, delayMs, cpuMs }
}
