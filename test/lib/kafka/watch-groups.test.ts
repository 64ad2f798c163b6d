import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createKafka } from '../../../lib/kafka/create-kafka.ts'
import { watchGroups } from '../../../lib/kafka/watch-groups.ts'
import { topics } from '../../../lib/topology.ts'
import { createTestKafka, type TestKafka } from '../../support/kafka.ts'
import { until } from '../../support/until.ts'

const topic = topics.ingest.name

describe('watchGroups', () => {
  let kafka: TestKafka
  beforeAll(async () => (kafka = await createTestKafka()))
  afterAll(() => kafka.drop())

  async function commit(group: string, offset: number): Promise<void> {
    const admin = createKafka(kafka.options).admin()
    await admin.connect()
    const prefix = kafka.options.topicPrefix
    const partitions = [{ partition: 0, offset: String(offset) }]
    await admin.setOffsets({ groupId: prefix + group, topic: prefix + topic, partitions })
    await admin.disconnect()
  }

  test('says how many records, and then how many seconds, a group is behind', async () => {
    const value = Buffer.from('x')
    await kafka.send(
      topic,
      Array.from({ length: 100 }, () => ({ key: 'a', partition: 0, value })),
    )
    await commit('vision-ocr', 10)
    const watch = watchGroups({
      ...kafka.options,
      topic,
      groups: ['vision-ocr', 'vision-faceextract'],
      intervalMs: 50,
    })
    try {
      await until('the lag is known', () => watch.lags().get('vision-ocr')?.records === 90)
      expect(watch.reachable()).toBe('ok')
      expect(watch.lags().get('vision-ocr')?.seconds).toBe(0)
      await commit('vision-ocr', 20)
      await until('the rate is known', () => (watch.lags().get('vision-ocr')?.seconds ?? 0) > 0)
      expect(watch.lags().get('vision-ocr')?.records).toBe(80)
      // A group that has never committed says nothing.
      expect(watch.lags().has('vision-faceextract')).toBe(false)
      await commit('vision-ocr', 100)
      await until('nothing is left', () => watch.lags().get('vision-ocr')?.records === 0)
      expect(watch.lags().get('vision-ocr')?.seconds).toBe(0)
    } finally {
      await watch.stop()
    }
  })

  test('says why Kafka is not reached, and never throws', async () => {
    const options = { ...kafka.options, brokers: ['127.0.0.1:1'] }
    const watch = watchGroups({ ...options, topic, groups: ['vision-ocr'], intervalMs: 50 })
    await until('the failure is seen', () => watch.reachable().includes('ECONNREFUSED'))
    expect(watch.lags().size).toBe(0)
    await watch.stop()
  })
})
