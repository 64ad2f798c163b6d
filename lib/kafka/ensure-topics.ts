import { setTimeout } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import { topics } from '../topology.ts'
import { createKafka, type KafkaOptions } from './create-kafka.ts'
import { maxMessageBytesOf } from './record-size.ts'

/** Ten seconds: partitions of a busy cluster find their leaders within one. */
const maxAttempts = 100
const attemptIntervalMs = 100

/**
 * Creates the topics of the topology that do not exist, with their partitions, retention and record size. Idempotent;
 * leaves existing topics as they are. `replicationFactor` is 1 for one broker, 3 in production (with 2 in-sync replicas).
 * Resolves when they can be written to.
 */
export async function ensureTopics(
  options: KafkaOptions & { replicationFactor?: number },
): Promise<void> {
  const replicationFactor = options.replicationFactor ?? 1
  const admin = createKafka(options).admin()
  await admin.connect()
  try {
    await admin.createTopics({
      // The library's own wait gives up at the first broker that has not heard of the topic yet.
      waitForLeaders: false,
      topics: Object.values(topics).map(({ name, partitions, retentionMs }) => ({
        topic: options.topicPrefix + name,
        numPartitions: partitions,
        replicationFactor,
        configEntries: [
          { name: 'retention.ms', value: String(retentionMs) },
          { name: 'max.message.bytes', value: String(maxMessageBytesOf(name)) },
          { name: 'min.insync.replicas', value: String(Math.max(1, replicationFactor - 1)) },
        ],
      })),
    })
    for (const { name } of Object.values(topics)) {
      await waitForPartitions(admin, options.topicPrefix + name)
    }
  } finally {
    await admin.disconnect()
  }
}

/** A topic is announced a moment before its partitions take records; then they have offsets. */
async function waitForPartitions(admin: Admin, topic: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await admin.fetchTopicOffsets(topic)
      return
    } catch (error) {
      if (attempt === maxAttempts) throw error
      await setTimeout(attemptIntervalMs)
    }
  }
}
