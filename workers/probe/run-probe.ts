import { setTimeout } from 'node:timers/promises'
import type { ProbeOutcome } from './probe-transaction.ts'

/** How much is probed. */
export interface ProbePlan {
  readonly transactionsPerSecond: number
  /** New transactions start for this long. */
  readonly durationMs: number
  /** Transactions at most; one for `--once`. */
  readonly maxTransactions: number
}

/** What a run of the probe found. */
export interface ProbeReport {
  readonly transactions: number
  readonly complete: number
  readonly failed: number
  readonly duplicates: number
  /** Of the complete ones, in ms; absent where there are none. */
  readonly durationMs?: { readonly p50: number; readonly p95: number; readonly max: number }
  /** The first few. */
  readonly failures: readonly { transactionId: string; code: string; detail: string }[]
}

/** A system that is this far behind is not helped by more. */
const maxInFlight = 200
/** More durations than this make no better percentiles. */
const maxDurations = 100_000
const maxFailures = 10

/**
 * Starts transactions at a steady rate, whether or not earlier ones have come back, until the plan or `signal` ends; then
 * waits for those that are under way. Transactions that the signal stops are left out of the report.
 */
export async function runProbe(
  plan: ProbePlan,
  probe: () => Promise<ProbeOutcome>,
  signal: AbortSignal,
): Promise<ProbeReport> {
  const outcomes = createOutcomes()
  const running = new Set<Promise<void>>()
  const intervalMs = 1000 / plan.transactionsPerSecond
  const startedAt = performance.now()
  for (let started = 0; started < plan.maxTransactions; started += 1) {
    await waitUntil(startedAt + started * intervalMs, signal)
    if (running.size >= maxInFlight) await Promise.race(running)
    if (signal.aborted || performance.now() - startedAt >= plan.durationMs) break
    const done: Promise<void> = probe()
      .then((outcome) => outcomes.add(outcome))
      .finally(() => running.delete(done))
    running.add(done)
  }
  await Promise.all(running)
  return outcomes.report()
}

async function waitUntil(atMs: number, signal: AbortSignal): Promise<void> {
  const delayMs = atMs - performance.now()
  if (delayMs > 0) await setTimeout(delayMs, undefined, { signal }).catch(() => undefined)
}

function createOutcomes() {
  const durations: number[] = []
  const failures: { transactionId: string; code: string; detail: string }[] = []
  const counts = { complete: 0, failed: 0, duplicates: 0 }
  return {
    add({ transactionId, failure, durationMs, duplicates }: ProbeOutcome): void {
      if (failure?.code === 'probe-stopped') return
      counts.duplicates += duplicates
      if (failure === undefined) {
        counts.complete += 1
        if (durations.length < maxDurations) durations.push(durationMs)
        return
      }
      counts.failed += 1
      if (failures.length < maxFailures) failures.push({ transactionId, ...failure })
    },
    report(): ProbeReport {
      const transactions = counts.complete + counts.failed
      const durationMs = percentilesOf(durations)
      return {
        transactions,
        ...counts,
        ...(durationMs === undefined ? {} : { durationMs }),
        failures,
      }
    },
  }
}

function percentilesOf(durations: readonly number[]): ProbeReport['durationMs'] {
  const sorted = durations.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1]
  const [p50, p95, max] = [at(0.5), at(0.95), at(1)]
  if (p50 === undefined || p95 === undefined || max === undefined) return undefined
  return { p50: Math.round(p50), p95: Math.round(p95), max: Math.round(max) }
}
