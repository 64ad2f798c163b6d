import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { createKafka } from '../../../lib/kafka/create-kafka.ts'
import { ensureTopics } from '../../../lib/kafka/ensure-topics.ts'
import {
  startConsumer,
  type Consumer,
  type IncomingRecord,
  type OwnOffset,
} from '../../../lib/kafka/start-consumer.ts'
import { createTestKafka, type TestKafka } from '../../support/kafka.ts'
import { until } from '../../support/until.ts'

const topic = 'ingest-1'
const group = 'readers'

let kafka: TestKafka
let consumers: Consumer[]

beforeEach(async () => {
  consumers = []
  kafka = await createTestKafka()
})

afterEach(async () => {
  await Promise.all(consumers.map((consumer) => consumer.stop()))
  await kafka.drop()
})

/** Starts a consumer that notes what it reads, and how far it is, in `notes`. */
async function start(
  notes: Map<number, OwnOffset>,
  loadOffset = (_topic: string, partition: number) => Promise.resolve(notes.get(partition)),
) {
  const seen: string[] = []
  const consumer = await startConsumer({
    ...kafka.options,
    group,
    topics: [topic],
    concurrentPartitions: 4,
    sessionTimeoutMs: 10_000,
    maxFetchBytes: 16 * 1024 * 1024,
    onCrash: (error) => seen.push(String(error)),
    loadOffset,
    handle(records, context) {
      for (const record of records) {
        seen.push(record.value.toString())
        notes.set(record.partition, behind(record))
        context.complete(record)
      }
      return Promise.resolve()
    },
  })
  consumers.push(consumer)
  return { seen, consumer }
}

const behind = ({ offset, timestamp }: IncomingRecord): OwnOffset => ({
  offset: offset + 1n,
  newestAtMs: timestamp,
})

const send = (partition: number, ...values: string[]) =>
  kafka.send(
    topic,
    values.map((value) => ({ key: 'client', partition, value: Buffer.from(value) })),
  )

const untilCommitted = (partition: number, offset: bigint) =>
  until(`a commit of ${offset}`, async () => {
    const committed = await kafka.committed(group, topic)
    return committed.get(partition) === offset
  })

async function withAdmin<T>(
  work: (admin: ReturnType<ReturnType<typeof createKafka>['admin']>, name: string) => Promise<T>,
): Promise<T> {
  const admin = createKafka(kafka.options).admin()
  await admin.connect()
  return await work(admin, kafka.options.topicPrefix + topic).finally(() => admin.disconnect())
}

const setCommitted = (partition: number, offset: number) =>
  withAdmin((admin, name) =>
    admin.setOffsets({
      groupId: kafka.options.topicPrefix + group,
      topic: name,
      partitions: [{ partition, offset: String(offset) }],
    }),
  )

/** Deletes the topic and makes it anew. */
const renewTopic = async () => {
  await withAdmin(async (admin, name) => {
    await admin.deleteTopics({ topics: [name] })
    await until('the topic is gone', async () => !(await admin.listTopics()).includes(name))
  })
  await ensureTopics(kafka.options)
}

const noteOf = (offset: bigint): OwnOffset => ({ offset, newestAtMs: Date.now() })

describe('a consumer with offsets of its own', () => {
  test.each([
    ['lies beyond it', 4],
    ['lies before it', 1],
  ])('goes on from its own offset where the committed one %s, and commits', async (_what, at) => {
    await send(2, 'a', 'b', 'c', 'd')
    await setCommitted(2, at)
    const { seen } = await start(new Map([[2, noteOf(2n)]]))
    await until('the last record', () => seen.includes('d'))
    expect(seen).toEqual(['c', 'd'])
    await untilCommitted(2, 4n)
  })

  test('goes on from its own offset where the committed ones are lost', async () => {
    await send(2, 'a', 'b', 'c')
    const notes = new Map<number, OwnOffset>()
    const first = await start(notes)
    await untilCommitted(2, 3n)
    await first.consumer.stop()
    await withAdmin((admin) => admin.deleteGroups([kafka.options.topicPrefix + group]))
    await send(2, 'd')
    const { seen } = await start(notes)
    await untilCommitted(2, 4n)
    expect(seen).toEqual(['d'])
  })

  test('reads from the beginning where it has no offset, whatever is committed', async () => {
    await send(2, 'a', 'b')
    await setCommitted(2, 2)
    const { seen } = await start(new Map())
    await until('all records', () => seen.length === 2)
    expect(seen).toEqual(['a', 'b'])
  })

  test.each([
    ['shorter than before', ['d']],
    ['longer than before', ['d', 'e', 'f', 'g', 'h']],
  ])('reads a topic from its beginning that was made anew while it was away: %s', async (...it) => {
    const [, values] = it
    await send(2, 'a', 'b', 'c')
    const notes = new Map<number, OwnOffset>()
    const first = await start(notes)
    await until('all records', () => first.seen.length === 3)
    await first.consumer.stop()
    await renewTopic()
    await send(2, ...values)
    const { seen } = await start(notes)
    await until('the last record', () => seen.includes(values.at(-1) ?? ''))
    expect(seen).toEqual(values)
    expect(notes.get(2)?.offset).toBe(BigInt(values.length))
  })

  test('reads from the oldest record that is left where its own is gone', async () => {
    await send(2, 'a', 'b', 'c', 'd')
    await withAdmin(async (admin, name) => {
      await admin.fetchTopicOffsets(name)
      await admin.deleteTopicRecords({ topic: name, partitions: [{ partition: 2, offset: '3' }] })
    })
    const { seen } = await start(new Map([[2, noteOf(1n)]]))
    await untilCommitted(2, 4n)
    expect(seen).toEqual(['d'])
  })

  test('holds a partition whose offset cannot be loaded, as a member of its group, and goes on with the others', async () => {
    await send(2, 'a', 'b')
    await send(3, 'x')
    let isAway = true
    let asked = 0
    const { seen, consumer } = await start(new Map(), (_topic, partition) => {
      if (partition === 2) asked += 1
      return partition === 2 && isAway
        ? Promise.reject(new IpsError('away', 'away', { retryable: true }))
        : Promise.resolve(undefined)
    })
    await until('it was asked again', () => asked > 1)
    await until('the record of the other partition', () => seen.length > 0)
    expect(seen).toEqual(['x'])
    expect(consumer.isConnected()).toBe(true)
    isAway = false
    await untilCommitted(2, 2n)
    expect(seen).toEqual(['x', 'a', 'b'])
  })

  test('crashes where no other try can load its offset', async () => {
    const { seen } = await start(new Map(), () => Promise.reject(new TypeError('on purpose')))
    await until('the crash', () => seen.length > 0)
    expect(seen[0]).toContain('on purpose')
  })
})
