import { Counter, Histogram, type Registry } from '../../lib/telemetry/create-metrics.ts'

/** What the summary service counts. */
export interface SummaryMetrics {
  readonly records: Counter<'outcome'>
  readonly published: Counter<'outcome'>
  readonly publishDelay: Histogram
}

/** Registers the summary service's metrics. */
export function createSummaryMetrics(registry: Registry): SummaryMetrics {
  const registers = [registry]
  return {
    records: new Counter({
      name: 'ips_summary_records_total',
      help: 'Records of vision-1 by what became of them',
      labelNames: ['outcome'],
      registers,
    }),
    published: new Counter({
      name: 'ips_summary_published_total',
      help: 'Summaries published',
      labelNames: ['outcome'],
      registers,
    }),
    publishDelay: new Histogram({
      name: 'ips_summary_publish_delay_seconds',
      help: 'Between the decision of a revision and its acknowledgement by Kafka',
      buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
      registers,
    }),
  }
}
