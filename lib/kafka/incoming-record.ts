import type { Batch, IHeaders } from 'kafkajs'

/** A record that was read. */
export interface IncomingRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly key: string
  /** The record's own copy: it may be kept, and keeps nothing else in memory. */
  readonly value: Buffer
  readonly headers: Readonly<Record<string, Buffer>>
  /** When it was written, in ms. */
  readonly timestamp: number
}

/** The records of a batch of the Kafka library; `topicPrefix` is taken from the topic's name. */
export function toIncomingRecords(batch: Batch, topicPrefix: string): IncomingRecord[] {
  return batch.messages.map((message) => ({
    topic: batch.topic.slice(topicPrefix.length),
    partition: batch.partition,
    offset: BigInt(message.offset),
    key: message.key?.toString() ?? '',
    // The library's value is a view of the whole fetch: one record that is kept would keep all of them.
    value: Buffer.from(message.value ?? []),
    headers: toHeaders(message.headers ?? {}),
    timestamp: Number(message.timestamp),
  }))
}

function toHeaders(headers: IHeaders): Record<string, Buffer> {
  const entries = Object.entries(headers).map(([name, value]) => {
    const first = Array.isArray(value) ? value[0] : value
    return [name, Buffer.from(first ?? '')] as const
  })
  return Object.fromEntries(entries)
}
