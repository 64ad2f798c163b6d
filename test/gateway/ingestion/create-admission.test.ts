import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  createAdmission,
  type AdmissionOptions,
} from '../../../gateway/ingestion/create-admission.ts'
import { createByteBudget } from '../../../gateway/ingestion/create-byte-budget.ts'
import { maxBodyBytes } from '../../../gateway/ingestion/ingest-images.ts'
import { startConsumer } from '../../../lib/kafka/start-consumer.ts'
import { watchGroups } from '../../../lib/kafka/watch-groups.ts'
import { maxRecordBytes, topics } from '../../../lib/topology.ts'
import { createTestKafka } from '../../support/kafka.ts'
import { until } from '../../support/until.ts'

const clientId = 'a'

function createTestAdmission(
  budget: ReturnType<typeof createByteBudget>,
  lags: AdmissionOptions['lags'] = () => new Map(),
) {
  return createAdmission({ budget, kafka: () => 'ok', lags, maxLagSeconds: 3_600, random: () => 0 })
}

describe('createAdmission', () => {
  test('never tells a client whose share is free to come later, whatever size it declares', () => {
    const budget = createByteBudget({ totalBytes: 2 * maxBodyBytes, clientBytes: maxBodyBytes })
    const admission = createTestAdmission(budget)
    fc.assert(
      fc.property(fc.oneof(fc.nat(), fc.maxSafeNat()), (declaredBytes) => {
        expect(() => admission.admit({ clientId, declaredBytes })).not.toThrow()
      }),
    )
  })

  test('refuses a declared body that does not fit now', () => {
    const budget = createByteBudget({ totalBytes: 2 * maxBodyBytes, clientBytes: maxBodyBytes })
    budget.lease(clientId).take(1)
    const admission = createTestAdmission(budget)
    expect(() => admission.admit({ clientId, declaredBytes: maxBodyBytes })).toThrow(
      expect.objectContaining({ status: 503, code: 'overloaded' }),
    )
  })

  test('refuses while a group makes no progress, and admits as soon as it does', async () => {
    const kafka = await createTestKafka()
    const [topic, groupId] = [topics.ingest.name, 'vision-ocr']
    const watch = watchGroups({
      ...kafka.options,
      topic,
      groups: [groupId],
      intervalMs: 50,
      noProgressMs: 300,
    })
    const budget = createByteBudget({ totalBytes: 2 * maxBodyBytes, clientBytes: maxBodyBytes })
    const admission = createTestAdmission(budget, watch.lags)
    const isAdmitted = () => {
      try {
        admission.admit({ clientId, declaredBytes: 1 })
        return true
      } catch (error) {
        expect(error).toMatchObject({ status: 503, code: 'overloaded' })
        expect(String(error)).toContain('vision-ocr makes no progress')
        return false
      }
    }
    try {
      await until('the first look', () => watch.lags().get(groupId)?.records === 0)
      expect(isAdmitted()).toBe(true)
      await kafka.send(topic, [
        { key: clientId, partition: 0, value: Buffer.from('1') },
        { key: clientId, partition: 0, value: Buffer.from('2') },
      ])
      await until('a refusal', () => !isAdmitted())
      const consumer = await startConsumer({
        ...kafka.options,
        group: groupId,
        topics: [topic],
        concurrentPartitions: 1,
        maxFetchBytes: maxRecordBytes,
        sessionTimeoutMs: 10_000,
        onCrash: () => undefined,
        handle(records, context) {
          records.forEach((record) => context.complete(record))
          return Promise.resolve()
        },
      })
      await until('an admission', isAdmitted)
      await consumer.stop()
    } finally {
      await watch.stop()
      await kafka.drop()
    }
  })
})
