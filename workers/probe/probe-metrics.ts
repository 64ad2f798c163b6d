import { Counter, Histogram, type Registry } from '../../lib/telemetry/create-metrics.ts'
import type { ProbeOutcome } from './probe-transaction.ts'

/** What the probe counts. */
export interface ProbeMetrics {
  readonly answered: (status: number) => void
  readonly ended: (outcome: ProbeOutcome) => void
}

/** Registers the probe's metrics: the availability of the system as a client sees it. */
export function createProbeMetrics(registry: Registry): ProbeMetrics {
  const registers = [registry]
  const answers = new Counter({
    name: 'ips_probe_answers_total',
    help: 'Answers to the probe’s POSTs by status, 0 where there was none',
    labelNames: ['status'],
    registers,
  })
  const transactions = new Counter({
    name: 'ips_probe_transactions_total',
    help: 'Transactions of the probe by outcome: complete, or the reason for which they failed',
    labelNames: ['outcome'],
    registers,
  })
  const durations = new Histogram({
    name: 'ips_probe_transaction_seconds',
    help: 'From the first POST until every webhook was there',
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60, 120],
    registers,
  })
  return {
    answered: (status) => answers.inc({ status: String(status) }),
    ended({ failure, durationMs }) {
      transactions.inc({ outcome: failure?.code ?? 'complete' })
      if (failure === undefined) durations.observe(durationMs / 1000)
    },
  }
}
