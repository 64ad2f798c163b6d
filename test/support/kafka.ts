import { randomBytes } from 'node:crypto'
import type { Consumer } from 'kafkajs'
import { pino } from 'pino'
import { createKafka, type KafkaOptions } from '../../lib/kafka/create-kafka.ts'
import {
  createProducer,
  type OutgoingRecord,
  type Producer,
} from '../../lib/kafka/create-producer.ts'
import { ensureTopics } from '../../lib/kafka/ensure-topics.ts'
import { toIncomingRecords, type IncomingRecord } from '../../lib/kafka/incoming-record.ts'
import { until } from './until.ts'

/** The system's topics under a prefix of their own, on the real broker. */
export interface TestKafka {
  /** What `createProducer` and `startConsumer` need; nothing is logged. */
  readonly options: KafkaOptions
  /** Writes records, acknowledged. `topic` is named as in the topology, here and below. */
  send(topic: string, records: readonly OutgoingRecord[]): Promise<void>
  /** Reads a topic from its beginning, in the background. */
  watch(topic: string): Promise<TopicWatch>
  /** The committed offsets of a group, by partition; 0 where it has none. */
  committed(group: string, topic: string): Promise<ReadonlyMap<number, bigint>>
  /** Where a topic ends, by partition. */
  written(topic: string): Promise<ReadonlyMap<number, bigint>>
  /** Closes everything and deletes the topics. */
  drop(): Promise<void>
}

/** What was read of a topic so far. */
export interface TopicWatch {
  readonly records: readonly IncomingRecord[]
  /** Resolves as soon as the records satisfy the condition; rejects after `timeoutMs`, 50 s by default. */
  until(
    condition: (records: readonly IncomingRecord[]) => boolean,
    timeoutMs?: number,
  ): Promise<readonly IncomingRecord[]>
}

/** Creates the topics. Throws where `KAFKA_BROKERS` is not set: these tests need the broker. */
export async function createTestKafka(): Promise<TestKafka> {
  const brokers = process.env['KAFKA_BROKERS']?.split(',')
  if (brokers === undefined) throw new Error('KAFKA_BROKERS is not set')
  const topicPrefix = `test-${randomBytes(6).toString('hex')}-`
  const logger = pino({ level: process.env['TEST_LOG_LEVEL'] ?? 'silent' })
  const options: KafkaOptions = { brokers, topicPrefix, clientId: 'test', logger }
  await ensureTopics(options)
  const consumers: Consumer[] = []
  let producer: Promise<Producer> | undefined
  return {
    options,
    async send(topic, records) {
      producer ??= createProducer(options)
      await (await producer).send(topic, records)
    },
    async watch(topic) {
      const groupId = `${topicPrefix}watch-${randomBytes(6).toString('hex')}`
      const consumer = createKafka(options).consumer({ groupId, maxWaitTimeInMs: 100 })
      consumers.push(consumer)
      return watchTopic(consumer, topicPrefix + topic, topicPrefix)
    },
    committed: (group, topic) => readCommitted(options, group, topic),
    written: (topic) => readWritten(options, topic),
    async drop() {
      await Promise.all(consumers.map((consumer) => consumer.disconnect()))
      await (await producer)?.disconnect()
      await dropTopics(options)
    },
  }
}

async function watchTopic(
  consumer: Consumer,
  topic: string,
  topicPrefix: string,
): Promise<TopicWatch> {
  const records: IncomingRecord[] = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatch: ({ batch }) =>
      Promise.resolve(void records.push(...toIncomingRecords(batch, topicPrefix))),
  })
  return {
    records,
    async until(condition, timeoutMs) {
      await until(
        `records of ${topic} that satisfy ${condition.toString()}`,
        () => condition(records),
        timeoutMs,
      )
      return records
    },
  }
}

async function readCommitted(
  { topicPrefix, ...options }: KafkaOptions,
  group: string,
  topic: string,
) {
  const admin = createKafka({ ...options, topicPrefix }).admin()
  await admin.connect()
  try {
    const [offsets] = await admin.fetchOffsets({
      groupId: topicPrefix + group,
      topics: [topicPrefix + topic],
    })
    const entries = offsets?.partitions ?? []
    return new Map(
      entries.map(({ partition, offset }) => [partition, BigInt(Math.max(0, Number(offset)))]),
    )
  } finally {
    await admin.disconnect()
  }
}

async function readWritten(options: KafkaOptions, topic: string) {
  const admin = createKafka(options).admin()
  await admin.connect()
  try {
    const offsets = await admin.fetchTopicOffsets(options.topicPrefix + topic)
    return new Map(offsets.map(({ partition, high }) => [partition, BigInt(high)]))
  } finally {
    await admin.disconnect()
  }
}

async function dropTopics(options: KafkaOptions): Promise<void> {
  const admin = createKafka(options).admin()
  await admin.connect()
  try {
    const topics = (await admin.listTopics()).filter((name) => name.startsWith(options.topicPrefix))
    await admin.deleteTopics({ topics })
  } finally {
    await admin.disconnect()
  }
}
