import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import type { OutgoingRecord } from '../../../lib/kafka/create-producer.ts'
import {
  startConsumer,
  type BatchContext,
  type Consumer,
  type ConsumerOptions,
  type IncomingRecord,
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

async function start(options: Pick<ConsumerOptions, 'handle'> & Partial<ConsumerOptions>) {
  const consumer = await startConsumer({
    ...kafka.options,
    group,
    topics: [topic],
    concurrentPartitions: 4,
    sessionTimeoutMs: 10_000,
    maxFetchBytes: 16 * 1024 * 1024,
    onCrash: () => undefined,
    ...options,
  })
  consumers.push(consumer)
  return consumer
}

function outgoing(partition: number, ...values: (string | Buffer)[]): OutgoingRecord[] {
  return values.map((value) => ({ key: 'client', partition, value: Buffer.from(value) }))
}

/** A handler that completes everything, and what it was given. */
function completing() {
  const seen: string[] = []
  return {
    seen,
    handle(records: readonly IncomingRecord[], context: BatchContext) {
      for (const record of records) {
        seen.push(record.value.toString())
        context.complete(record)
      }
      return Promise.resolve()
    },
  }
}

const committed = async (partition: number) => (await kafka.committed(group, topic)).get(partition)

describe('startConsumer', () => {
  test('reads what was written before it started, with key, headers and order', async () => {
    const record = {
      key: 'client',
      partition: 3,
      value: Buffer.from('a'),
      headers: { reason: 'é' },
    }
    await kafka.send(topic, [record, ...outgoing(3, 'b', 'c')])
    const records: IncomingRecord[] = []
    await start({
      handle(batch, context) {
        records.push(...batch)
        batch.forEach((one) => context.complete(one))
        return Promise.resolve()
      },
    })
    await until('three records', () => records.length === 3)
    expect(records.map(({ value }) => value.toString())).toEqual(['a', 'b', 'c'])
    expect(records[0]).toMatchObject({ topic, partition: 3, offset: 0n, key: 'client' })
    expect(records[0]?.headers['reason']?.toString()).toBe('é')
  })

  test('commits contiguously, whatever the order of completion', async () => {
    await kafka.send(topic, outgoing(0, 'a', 'b', 'c', 'd'))
    const held = Promise.withResolvers<undefined>()
    const seen = new Set<string>()
    await start({
      ordered: false,
      async handle([record], context) {
        if (record === undefined) return
        const value = record.value.toString()
        seen.add(value)
        if (value === 'b') await held.promise
        context.complete(record)
      },
    })
    await until('the commit of the first record', async () => (await committed(0)) === 1n)
    await until('the others', () => seen.size === 4)
    // The marker in another partition is committed later than anything that was complete before it.
    await kafka.send(topic, outgoing(1, 'marker'))
    await until('the commit of the marker', async () => (await committed(1)) === 1n)
    expect(await committed(0)).toBe(1n)
    held.resolve(undefined)
    await until('the commit of all', async () => (await committed(0)) === 4n)
  })

  test('neither stops to heartbeat nor holds up other partitions while a record takes longer than the session', async () => {
    const sessionTimeoutMs = 10_000
    await kafka.send(topic, [...outgoing(0, 'slow'), ...outgoing(1, 'fast')])
    const reader = completing()
    let slowCalls = 0
    const consumer = await start({
      sessionTimeoutMs,
      async handle(records, context) {
        if (records[0]?.partition === 0) {
          slowCalls += 1
          const end = Date.now() + sessionTimeoutMs + 2_000
          await until('the end of a long work', () => Date.now() > end || context.signal.aborted)
        }
        return reader.handle(records, context)
      },
    })
    await until('the fast one', () => reader.seen.includes('fast'))
    expect(reader.seen).not.toContain('slow')
    await until('the slow one', () => reader.seen.includes('slow'))
    expect(consumer.isConnected()).toBe(true)
    await until(
      'both commits',
      async () => (await committed(0)) === 1n && (await committed(1)) === 1n,
    )
    expect(slowCalls).toBe(1)
  })

  test('reads again after a failure that another try may mend, from the first record that is not completed', async () => {
    await kafka.send(topic, [...outgoing(0, 'a', 'b', 'c'), ...outgoing(1, 'other')])
    const calls: string[][] = []
    const reader = completing()
    await start({
      handle(records, context) {
        const values = records.map(({ value }) => value.toString())
        if (records[0]?.partition === 1) return reader.handle(records, context)
        calls.push(values)
        if (calls.length > 1) return reader.handle(records, context)
        if (records[0] !== undefined) context.complete(records[0])
        throw new IpsError('away', 'away for now', { retryable: true })
      },
    })
    await until('everything', () => reader.seen.length === 3)
    expect(calls).toEqual([
      ['a', 'b', 'c'],
      ['b', 'c'],
    ])
    await until(
      'the commit',
      async () => (await committed(0)) === 3n && (await committed(1)) === 1n,
    )
  })

  test('tells of an error that no other try can mend, and commits nothing of it', async () => {
    await kafka.send(topic, outgoing(0, 'a'))
    const crashed: unknown[] = []
    const consumer = await start({
      handle: () => Promise.reject(new TypeError('on purpose')),
      onCrash: (error) => crashed.push(error),
    })
    await until('the crash', () => crashed.length > 0)
    expect(crashed).toEqual([new TypeError('on purpose')])
    await consumer.stop()
    expect(await committed(0)).toBe(0n)
  })

  test('counts failures durably: the next process knows them', async () => {
    await kafka.send(topic, outgoing(0, 'a', 'b'))
    const counts: number[] = []
    const first = await start({
      ordered: false,
      countsFailures: true,
      async handle([record], context) {
        if (record?.value.toString() !== 'b') return hang(context)
        counts.push(await context.fail(record), await context.fail(record))
        return hang(context)
      },
    })
    await until('two failures', () => counts.length === 2)
    await first.stop()
    const known: number[] = []
    await start({
      ordered: false,
      countsFailures: true,
      handle([record], context) {
        if (record?.value.toString() === 'b') known.push(context.failures(record))
        if (record !== undefined) context.complete(record)
        return Promise.resolve()
      },
    })
    await until('the commit of both', async () => (await committed(0)) === 2n)
    expect(counts).toEqual([1, 2])
    expect(known).toEqual([2])
  })

  test('commits on its way out, and leaves the rest to the next', async () => {
    await kafka.send(topic, outgoing(0, 'a', 'b', 'c'))
    const first = await start({
      ordered: false,
      handle([record], context) {
        if (record?.value.toString() === 'c') return hang(context)
        if (record !== undefined) context.complete(record)
        return Promise.resolve()
      },
    })
    await until('the first two', async () => (await committed(0)) === 2n)
    await first.stop()
    expect(first.isConnected()).toBe(false)
    const next = completing()
    await start(next)
    await until('the rest', () => next.seen.length > 0)
    expect(next.seen).toEqual(['c'])
  })

  test('waits for its handlers when it stops', async () => {
    await kafka.send(topic, outgoing(0, 'a'))
    const begun = Promise.withResolvers<undefined>()
    const held = Promise.withResolvers<undefined>()
    const consumer = await start({
      async handle(records, context) {
        begun.resolve(undefined)
        await held.promise
        records.forEach((record) => context.complete(record))
      },
    })
    await begun.promise
    const stopped = consumer.stop()
    held.resolve(undefined)
    await stopped
    expect(await committed(0)).toBe(1n)
  })

  test('loses nothing when members come and go, and goes on with what it keeps', async () => {
    const expected = Array.from({ length: 12 }, (_, partition) => [
      `${partition}a`,
      `${partition}b`,
    ])
    await kafka.send(
      topic,
      expected.flatMap((values, partition) => outgoing(partition, ...values)),
    )
    const done = new Set<string>()
    const released = Promise.withResolvers<undefined>()
    const member = () => {
      const aborted: number[] = []
      const begun: number[] = []
      const handle = async (records: readonly IncomingRecord[], context: BatchContext) => {
        const partition = records[0]?.partition ?? -1
        begun.push(partition)
        context.signal.addEventListener('abort', () => aborted.push(partition))
        await Promise.race([released.promise, hang(context)])
        if (context.signal.aborted) return
        for (const record of records) {
          done.add(record.value.toString())
          context.complete(record)
        }
      }
      return { aborted, begun, handle }
    }
    const [one, two] = [member(), member()]
    // Long, so that a busy machine does not make members come and go by itself.
    const options = { concurrentPartitions: 12, sessionTimeoutMs: 30_000 }
    await start({ handle: one.handle, ...options })
    await until('work on all partitions', () => new Set(one.begun).size === 12)
    await start({ handle: two.handle, ...options })
    await until('work of the second member', () => new Set(two.begun).size === 6)
    expect(new Set(one.aborted)).toEqual(new Set(two.begun))
    released.resolve(undefined)
    await until('all records', () => done.size === 24)
    await until('all commits', async () =>
      [...(await kafka.committed(group, topic)).values()].every((offset) => offset === 2n),
    )
    // The six that stayed were not begun a second time.
    expect(one.begun).toHaveLength(12)
  })

  test('does not fill the memory while the handlers are busy, and then goes on', async () => {
    const size = 1024 * 1024
    const maxFetchBytes = 8 * size
    const perPartition = 12
    const batches = [0, 1, 2].flatMap((partition) =>
      Array.from({ length: perPartition }, (_, index) =>
        outgoing(partition, Buffer.alloc(size, index)),
      ),
    )
    for (const records of batches) await kafka.send(topic, records)
    const released = Promise.withResolvers<undefined>()
    const pending = { now: 0, most: 0 }
    let done = 0
    await start({
      ordered: false,
      maxFetchBytes,
      async handle([record], context) {
        if (record === undefined) return
        pending.now += record.value.length
        pending.most = Math.max(pending.most, pending.now)
        await released.promise
        pending.now -= record.value.length
        done += 1
        context.complete(record)
      },
    })
    await until('a full memory', () => pending.now >= maxFetchBytes)
    released.resolve(undefined)
    await until('all records', () => done === 3 * perPartition)
    // What is under way, and one more fetch: the library reads at least 10 MiB at once.
    expect(pending.most).toBeLessThanOrEqual(maxFetchBytes + 10 * size)
  })
})

/** Waits until the work is no longer wanted. */
function hang(context: BatchContext): Promise<void> {
  return new Promise((resolve) => context.signal.addEventListener('abort', () => resolve()))
}
