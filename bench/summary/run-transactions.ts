import { setTimeout } from 'node:timers/promises'
import type { CpuByProcess } from '../measure-cpu.ts'
import { machineMs } from '../machine-clock.ts'
import { latencyOf, round, type Latency } from '../statistics.ts'
import type { CreateTransaction, Transaction } from './traffic.ts'
import type { Stage } from './with-stage.ts'

/** What transactions show that were written and summarised. */
export interface Run {
  readonly perSecond: number
  /** From just before a transaction's last piece is published to its summary's arrival. */
  readonly delayMs: Latency
  /** For each transaction. */
  readonly cpuMs: CpuByProcess
  readonly transactions: readonly Transaction[]
}

/** How transactions are written. */
export interface RunOptions {
  /** Begins the names of the transactions. */
  readonly name: string
  readonly count: number
  readonly create: CreateTransaction
  /** Between the pieces of a transaction. */
  readonly gapMs: number
  /** Transactions that are under way at once, as many as there can be; or so many begun a second. */
  readonly pace: { readonly inFlight: number } | { readonly perSecond: number }
}

/** Writes transactions, and waits until the summary of each has arrived. */
export async function runTransactions(stage: Stage, options: RunOptions): Promise<Run> {
  const { name, count, create, gapMs, pace } = options
  const transactions = Array.from({ length: count }, (_, index) => create(`${name}-${index}`))
  const delays: number[] = []
  const startedAt = machineMs()
  let last = startedAt
  const run = async (transaction: Transaction) => {
    const { writtenAt, arrivedAt } = await runTransaction(stage, transaction, gapMs)
    delays.push(arrivedAt - writtenAt)
    last = Math.max(last, arrivedAt)
  }
  const [, cpuMs] = await stage.measureCpu(count, () =>
    'inFlight' in pace
      ? runBounded(transactions, pace.inFlight, run)
      : runSteadily(transactions, pace.perSecond, run),
  )
  const perSecond = round((count * 1_000) / (last - startedAt))
  return { perSecond, delayMs: latencyOf(delays), cpuMs, transactions }
}

async function runTransaction(stage: Stage, transaction: Transaction, gapMs: number) {
  const { correlationId, pieces } = transaction
  const arrival = stage.summaries.arrival(correlationId)
  let writtenAt = 0
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) await setTimeout(gapMs)
    writtenAt = machineMs()
    await stage.send(piece)
  }
  return { writtenAt, arrivedAt: await arrival }
}

async function runBounded(
  transactions: readonly Transaction[],
  inFlight: number,
  run: (transaction: Transaction) => Promise<void>,
): Promise<void> {
  const queue = transactions.values()
  // Iterators are shared: each worker takes the next one.
  const work = async () => {
    for (const transaction of queue) await run(transaction)
  }
  await Promise.all(Array.from({ length: inFlight }, work))
}

async function runSteadily(
  transactions: readonly Transaction[],
  perSecond: number,
  run: (transaction: Transaction) => Promise<void>,
): Promise<void> {
  const startedAt = machineMs()
  await Promise.all(
    transactions.map(async (transaction, index) => {
      await setTimeout(Math.max(0, startedAt + (index * 1_000) / perSecond - machineMs()))
      await run(transaction)
    }),
  )
}
