import { describe, expect, test } from '@jest/globals'
import type { ProbeOutcome } from '../../../workers/probe/probe-transaction.ts'
import { runProbe } from '../../../workers/probe/run-probe.ts'

const plan = { transactionsPerSecond: 1_000, durationMs: 60_000, maxTransactions: 20 }
const never = new AbortController().signal

function outcomes(ends: (index: number) => Partial<ProbeOutcome>) {
  let index = 0
  return () => {
    index += 1
    const outcome = { transactionId: `t${index}`, duplicates: 0, durationMs: index }
    return Promise.resolve({ ...outcome, ...ends(index) })
  }
}

describe('a run of the probe', () => {
  test('reports what came back, and how long it took', async () => {
    const report = await runProbe(
      plan,
      outcomes(() => ({ duplicates: 1 })),
      never,
    )
    expect(report).toEqual({
      transactions: 20,
      complete: 20,
      failed: 0,
      duplicates: 20,
      durationMs: { p50: 10, p95: 19, max: 20 },
      failures: [],
    })
  })

  test('names the first failures', async () => {
    const failure = { code: 'webhooks-missing', detail: 'ocr/1.0 of 9f' }
    const report = await runProbe(
      plan,
      outcomes((index) => (index < 15 ? { failure } : {})),
      never,
    )
    expect(report).toMatchObject({ transactions: 20, complete: 6, failed: 14 })
    expect(report.failures).toHaveLength(10)
    expect(report.failures[0]).toEqual({ transactionId: 't1', ...failure })
  })

  test('ends when it is stopped, and leaves out what the stop has cut short', async () => {
    const stopping = new AbortController()
    const probe = outcomes((index) => {
      if (index < 3) return {}
      stopping.abort()
      return { failure: { code: 'probe-stopped', detail: '' } }
    })
    const report = await runProbe({ ...plan, maxTransactions: Infinity }, probe, stopping.signal)
    expect(report).toMatchObject({ complete: 2, failed: 0 })
  })

  test('ends after its duration', async () => {
    const short = { ...plan, durationMs: 50, maxTransactions: Infinity }
    const report = await runProbe(
      short,
      outcomes(() => ({})),
      never,
    )
    expect(report.transactions).toBeGreaterThan(0)
  })
})
