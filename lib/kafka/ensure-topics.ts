import { maxRecordBytes, topics } from '../topology.ts'
import { createKafka, type KafkaOptions } from './create-kafka.ts'

/**
 * Creates the topics of the topology that do not exist, with their partitions, retention and record size. Idempotent;
 * leaves existing topics as they are. `replicationFactor` is 1 for one broker, 3 in production (with 2 in-sync replicas).
 */
export async function ensureTopics(
  options: KafkaOptions & { replicationFactor?: number },
): Promise<void> {
  const replicationFactor = options.replicationFactor ?? 1
  const admin = createKafka(options).admin()
  await admin.connect()
  try {
    await admin.createTopics({
      waitForLeaders: true,
      topics: Object.values(topics).map(({ name, partitions, retentionMs }) => ({
        topic: options.topicPrefix + name,
        numPartitions: partitions,
        replicationFactor,
        configEntries: [
          { name: 'retention.ms', value: String(retentionMs) },
          { name: 'max.message.bytes', value: String(maxRecordBytes) },
          { name: 'min.insync.replicas', value: String(Math.max(1, replicationFactor - 1)) },
        ],
      })),
    })
  } finally {
    await admin.disconnect()
  }
}
