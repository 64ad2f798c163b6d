import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ConfigResourceTypes } from 'kafkajs'
import { createKafka } from '../../../lib/kafka/create-kafka.ts'
import { ensureTopics } from '../../../lib/kafka/ensure-topics.ts'
import { topics } from '../../../lib/topology.ts'
import { createTestKafka, type TestKafka } from '../../support/kafka.ts'

let kafka: TestKafka

beforeAll(async () => {
  kafka = await createTestKafka()
})

afterAll(() => kafka.drop())

describe('ensureTopics', () => {
  test('creates what the topology says, and leaves it alone the second time', async () => {
    await ensureTopics(kafka.options)
    const admin = createKafka(kafka.options).admin()
    await admin.connect()
    try {
      for (const { name, partitions, retentionMs } of Object.values(topics)) {
        const topic = kafka.options.topicPrefix + name
        expect(await admin.fetchTopicOffsets(topic)).toHaveLength(partitions)
        const { resources } = await admin.describeConfigs({
          includeSynonyms: false,
          resources: [
            {
              type: ConfigResourceTypes.TOPIC,
              name: topic,
              configNames: ['retention.ms', 'max.message.bytes'],
            },
          ],
        })
        const configs = resources[0]?.configEntries.map(({ configName, configValue }) => [
          configName,
          configValue,
        ])
        const entries = Object.fromEntries(configs ?? []) as Record<string, string>
        expect(entries['retention.ms']).toBe(String(retentionMs))
        expect(Number(entries['max.message.bytes'])).toBeGreaterThanOrEqual(10 * 1024 * 1024)
      }
    } finally {
      await admin.disconnect()
    }
  })
})
