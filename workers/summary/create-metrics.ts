import { Counter, Gauge, Histogram, type Registry } from '../../lib/telemetry/create-metrics.ts'

/** What the summary service counts. */
export interface SummaryMetrics {
  readonly records: Counter<'outcome'>
  readonly published: Counter<'outcome'>
  readonly publishDelay: Histogram
  readonly starts: Counter<'from'>
}

/** Registers the summary service's metrics. `awaySeconds`: how long its database has been away. */
export function createSummaryMetrics(
  registry: Registry,
  awaySeconds: () => number,
): SummaryMetrics {
  const registers = [registry]
  new Gauge({
    name: 'ips_summary_store_away_seconds',
    help: 'How long the database has been away; 0 where it is there',
    registers,
    collect() {
      this.set(awaySeconds())
    },
  })
  return {
    records: new Counter({
      name: 'ips_summary_records_total',
      help: 'Records of vision-1 by what became of them',
      labelNames: ['outcome'],
      registers,
    }),
    starts: new Counter({
      name: 'ips_summary_partition_starts_total',
      help: 'Partitions that were taken over, by where they were gone on with: own, the place in the journal, or beginning, where it has none',
      labelNames: ['from'],
      registers,
    }),
    published: new Counter({
      name: 'ips_summary_published_total',
      help: 'Summaries published, and tries that failed until somebody repairs something',
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
