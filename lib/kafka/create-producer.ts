import { CompressionTypes } from 'kafkajs'
import { IpsError } from '../errors/ips-error.ts'
import { createKafka, type KafkaOptions } from './create-kafka.ts'
import { maxBatchBytesOf, recordBytes } from './record-size.ts'

/** A record to be written. Always with a partition: a record without one can be lost when a send is repeated. */
export interface OutgoingRecord {
  readonly key: string
  readonly partition: number
  readonly value: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

/** Writes records. */
export interface Producer {
  /**
   * Resolves when all in-sync replicas have the records (`acks=-1`), in their order within each partition; those that
   * are too many for one request go in several, one after the other. Throws `IpsError('kafka-unavailable')`, retryable;
   * records may then have been written all the same, and a repeated send may write them twice. Throws
   * `IpsError('record-too-large')`, not retryable, before anything is written.
   */
  send(topic: string, records: readonly OutgoingRecord[]): Promise<void>
  /** Whether the last contact with the brokers succeeded. */
  isConnected(): boolean
  disconnect(): Promise<void>
}

/**
 * Creates a producer and connects it. Not idempotent on purpose: the library's idempotence can lose an acknowledged
 * record when sends overlap, and duplicates are harmless here.
 */
export async function createProducer(options: KafkaOptions): Promise<Producer> {
  const producer = createKafka(options).producer({
    idempotent: false,
    allowAutoTopicCreation: false,
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? 0,
  })
  let connected = false
  producer.on(producer.events.CONNECT, () => (connected = true))
  producer.on(producer.events.DISCONNECT, () => (connected = false))
  await producer.connect()
  const sendBatch = async (topic: string, records: readonly OutgoingRecord[]) => {
    try {
      await producer.send({
        topic: options.topicPrefix + topic,
        acks: -1,
        compression: CompressionTypes.None,
        messages: records.map(({ value, ...record }) => ({ ...record, value: asBuffer(value) })),
      })
      connected = true
    } catch (cause) {
      connected = false
      const message = `writing to ${topic} failed`
      throw new IpsError('kafka-unavailable', message, { retryable: true, cause })
    }
  }
  return {
    async send(topic, records) {
      for (const batch of splitIntoBatches(topic, records)) await sendBatch(topic, batch)
    },
    isConnected: () => connected,
    disconnect: () => producer.disconnect(),
  }
}

/** The library makes one batch of what is sent to a partition at once, and the broker limits the size of a batch. */
function splitIntoBatches(topic: string, records: readonly OutgoingRecord[]): OutgoingRecord[][] {
  const maxBytes = maxBatchBytesOf(topic)
  const batches: OutgoingRecord[][] = []
  let bytes = Infinity
  for (const record of records) {
    const size = recordBytes(record)
    if (size > maxBytes) {
      throw new IpsError('record-too-large', `a record of ${size} bytes is too large for ${topic}`)
    }
    if (bytes + size > maxBytes) {
      batches.push([])
      bytes = 0
    }
    batches.at(-1)?.push(record)
    bytes += size
  }
  return batches
}

function asBuffer(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}
