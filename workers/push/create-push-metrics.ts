import type { AttemptEvent } from '../../activities/delivery/attempt-parcel.ts'
import { Counter, Gauge, Histogram, type Registry } from '../../lib/telemetry/create-metrics.ts'
import type { StartOutcome } from './start-message-starter.ts'

/** What push counts. */
export interface PushMetrics {
  /** `journalled`, or why it was not. */
  recordRead(outcome: string): void
  attempted(event: AttemptEvent): void
  /** Signals to workflows. */
  signalled: (outcome: 'sent' | 'failed') => void
  /** Workflows of refused messages. */
  messageStarted: (outcome: StartOutcome) => void
  /** Messages that the journal no longer keeps, and that were not delivered. */
  expired: (messages: number) => void
  deliveryStarted(): void
  deliveryEnded(): void
}

/** From an endpoint next door to the deadline. */
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15]

/** Creates push's metrics in a registry. */
export function createPushMetrics(registry: Registry): PushMetrics {
  const registers = [registry]
  const records = new Counter({
    name: 'ips_push_records_total',
    help: 'Records read from Kafka, by what became of them',
    labelNames: ['outcome'],
    registers,
  })
  const attempts = new Counter({
    name: 'ips_push_attempts_total',
    help: 'POSTs to endpoints, by what they meant',
    labelNames: ['kind'],
    registers,
  })
  const durations = new Histogram({
    name: 'ips_push_attempt_seconds',
    help: 'Duration of a POST to an endpoint',
    buckets: durationBuckets,
    registers,
  })
  const signals = new Counter({
    name: 'ips_push_signals_total',
    help: 'Signals to the workflows of endpoints',
    labelNames: ['outcome'],
    registers,
  })
  const starts = new Counter({
    name: 'ips_push_message_workflows_total',
    help: 'Refused messages that were to get a workflow of their own, by what became of that',
    labelNames: ['outcome'],
    registers,
  })
  const expired = new Counter({
    name: 'ips_push_messages_expired_total',
    help: 'Undelivered messages removed from the journal because of their age',
    registers,
  })
  const running = new Gauge({
    name: 'ips_push_endpoints_running',
    help: 'Endpoints to which this process delivers, or for which it waits for messages',
    registers,
  })
  return {
    recordRead: (outcome) => records.inc({ outcome }),
    attempted({ kind, durationMs }) {
      attempts.inc({ kind })
      durations.observe(durationMs / 1_000)
    },
    signalled: (outcome) => signals.inc({ outcome }),
    messageStarted: (outcome) => starts.inc({ outcome }),
    expired: (messages) => expired.inc(messages),
    deliveryStarted: () => running.inc(),
    deliveryEnded: () => running.dec(),
  }
}
