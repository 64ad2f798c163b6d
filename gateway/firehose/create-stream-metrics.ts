import { Counter, Gauge, type Registry } from '../../lib/telemetry/create-metrics.ts'
import type { StreamBatch } from './stream-batch.ts'

/** What is counted of streams. */
export interface StreamMetrics {
  onSent(batch: StreamBatch, bytes: number): void
  onFailure(): void
  onEnd(reason: string): void
}

/** Creates the metrics; `open` says how many streams there are. */
export function createStreamMetrics(metrics: Registry, open: () => number): StreamMetrics {
  const registers = [metrics]
  const messages = new Counter({
    name: 'ips_firehose_sent_messages_total',
    help: 'Messages written to streams',
    registers,
  })
  const bytes = new Counter({
    name: 'ips_firehose_sent_bytes_total',
    help: 'Bytes written to streams, heartbeats included',
    registers,
  })
  const failures = new Counter({
    name: 'ips_firehose_failures_total',
    help: 'Failures to read on for a stream',
    registers,
  })
  const ends = new Counter({
    name: 'ips_firehose_ended_streams_total',
    help: 'Streams that have ended, by the reason',
    labelNames: ['reason'],
    registers,
  })
  new Gauge({
    name: 'ips_firehose_open_streams',
    help: 'Streams that are open',
    registers,
    collect() {
      this.set(open())
    },
  })
  return {
    onSent(batch, sentBytes) {
      messages.inc(batch.messages.length)
      bytes.inc(sentBytes)
    },
    onFailure: () => failures.inc(),
    onEnd: (reason) => ends.inc({ reason }),
  }
}
