import { ConfigResourceTypes } from 'kafkajs'
import { createKafka } from '../../lib/kafka/create-kafka.ts'
import { topics } from '../../lib/topology.ts'
import type { TestKafka } from './kafka.ts'

/** Makes the broker refuse images whose records are larger; it does so a moment later. */
export async function limitMessages(kafka: TestKafka, bytes: number): Promise<void> {
  const admin = createKafka(kafka.options).admin()
  await admin.connect()
  const name = kafka.options.topicPrefix + topics.ingest.name
  const configEntries = [{ name: 'max.message.bytes', value: String(bytes) }]
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name, configEntries }],
  })
  await admin.disconnect()
}
