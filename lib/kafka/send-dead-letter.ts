import { topics } from '../topology.ts'
import type { OutgoingRecord, Producer } from './create-producer.ts'
import type { IncomingRecord } from './incoming-record.ts'

/** Why a record is put aside. */
export interface DeadLetterReason {
  /** Stable, kebab-case. */
  readonly code: string
  readonly detail: string
}

/** A detail beyond this says nothing more, and headers count against the size of a record. */
const maxDetailLength = 1_000

/**
 * Puts a record aside in the dead-letter topic: the same key and value, and in headers the reason and where it was read,
 * so that it can be replayed. Resolves when it is durable. Throws like `Producer.send`.
 */
export async function sendDeadLetter(
  producer: Producer,
  group: string,
  record: IncomingRecord,
  reason: DeadLetterReason,
): Promise<void> {
  const letter: OutgoingRecord = {
    key: record.key,
    partition: record.partition % topics.deadLetter.partitions,
    value: record.value,
    headers: {
      'reason-code': reason.code,
      'reason-detail': reason.detail.slice(0, maxDetailLength),
      group,
      topic: record.topic,
      partition: String(record.partition),
      offset: String(record.offset),
    },
  }
  await producer.send(topics.deadLetter.name, [letter])
}
