import { CompressionTypes } from 'kafkajs'
import { IpsError } from '../errors/ips-error.ts'
import { createKafka, type KafkaOptions } from './create-kafka.ts'

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
   * Resolves when all in-sync replicas have the records (`acks=-1`). Throws `IpsError('kafka-unavailable')`, retryable;
   * records may then have been written all the same, and a repeated send may write them twice.
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
  return {
    async send(topic, records) {
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
        throw new IpsError('kafka-unavailable', `writing to ${topic} failed`, {
          retryable: true,
          cause,
        })
      }
    },
    isConnected: () => connected,
    disconnect: () => producer.disconnect(),
  }
}

function asBuffer(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}
