import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createKafka } from '../../../lib/kafka/create-kafka.ts'
import { ensureTopics } from '../../../lib/kafka/ensure-topics.ts'
import { startConsumer, type Consumer } from '../../../lib/kafka/start-consumer.ts'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { createTestKafka, type TestKafka } from '../../support/kafka.ts'
import { until } from '../../support/until.ts'

const topic = 'ingest-1'
const group = 'readers'

let kafka: TestKafka
let consumer: Consumer | undefined
let seen: string[]
/** While it is true, handling fails in a way that another try may mend. */
let isAway: boolean

beforeEach(async () => {
  seen = []
  isAway = false
  kafka = await createTestKafka()
})

afterEach(async () => {
  await consumer?.stop()
  await kafka.drop()
})

async function start(): Promise<void> {
  consumer = await startConsumer({
    ...kafka.options,
    group,
    topics: [topic],
    concurrentPartitions: 4,
    sessionTimeoutMs: 10_000,
    maxFetchBytes: 16 * 1024 * 1024,
    onCrash: () => undefined,
    handle(records, context) {
      if (isAway) return Promise.reject(new IpsError('away', 'away', { retryable: true }))
      for (const record of records) {
        seen.push(record.value.toString())
        context.complete(record)
      }
      return Promise.resolve()
    },
  })
}

const send = (...values: string[]) =>
  kafka.send(
    topic,
    values.map((value) => ({ key: 'client', partition: 0, value: Buffer.from(value) })),
  )

const untilCommitted = (offset: bigint) =>
  until(
    `a commit of ${offset}`,
    async () => (await kafka.committed(group, topic)).get(0) === offset,
  )

async function withAdmin<T>(
  work: (admin: ReturnType<ReturnType<typeof createKafka>['admin']>, name: string) => Promise<T>,
): Promise<T> {
  const admin = createKafka(kafka.options).admin()
  await admin.connect()
  return await work(admin, kafka.options.topicPrefix + topic).finally(() => admin.disconnect())
}

describe('a consumer', () => {
  test('reads a topic that was deleted and made anew from its beginning', async () => {
    await start()
    await send('a', 'b', 'c')
    await untilCommitted(3n)
    await withAdmin(async (admin, name) => {
      await admin.deleteTopics({ topics: [name] })
      await until('the topic is gone', async () => !(await admin.listTopics()).includes(name))
    })
    await ensureTopics(kafka.options)
    await send('d', 'e')
    await until('the new records', () => seen.includes('e'))
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e'])
    await untilCommitted(2n)
  })

  test('goes on with what is left where records that it was to read were deleted', async () => {
    await start()
    await send('a')
    await untilCommitted(1n)
    isAway = true
    await send('b', 'c', 'd')
    await withAdmin(async (admin, name) => {
      // The library deletes only from topics that it has asked about.
      await admin.fetchTopicOffsets(name)
      await admin.deleteTopicRecords({ topic: name, partitions: [{ partition: 0, offset: '3' }] })
    })
    isAway = false
    await until('the last record', () => seen.includes('d'))
    await untilCommitted(4n)
    await send('e')
    await until('a new record', () => seen.includes('e'))
  })
})
