import { Counter, type Registry } from '../../lib/telemetry/create-metrics.ts'

/** What the firehose counts as it fills its journal. */
export interface FirehoseMetrics {
  /** `journalled`, or why it was not. */
  recordRead(outcome: string): void
  /** Messages that were new, of those that were journalled. */
  appended(messages: number): void
}

/** Creates the firehose's metrics in a registry. */
export function createFirehoseMetrics(registry: Registry): FirehoseMetrics {
  const registers = [registry]
  const records = new Counter({
    name: 'ips_firehose_records_total',
    help: 'Records read from Kafka, by what became of them',
    labelNames: ['outcome'],
    registers,
  })
  const messages = new Counter({
    name: 'ips_firehose_messages_appended_total',
    help: 'Messages that got an offset: those of the records that were journalled and not there already',
    registers,
  })
  return {
    recordRead: (outcome) => records.inc({ outcome }),
    appended: (count) => messages.inc(count),
  }
}
