import { randomBytes } from 'node:crypto'
import type { Admin, Consumer, EachBatchPayload } from 'kafkajs'
import { IpsError } from '../errors/ips-error.ts'
import { createKafka, type KafkaOptions } from './create-kafka.ts'
import { toIncomingRecords, type IncomingRecord } from './incoming-record.ts'

/** What is read. */
export interface ReadTopicOptions extends KafkaOptions {
  /** Named as in the topology. */
  readonly topic: string
  /** Called for one record after the other, in the order of each partition. */
  readonly onRecord: (record: IncomingRecord) => Promise<void> | void
}

/** Nothing was read for so long: the broker does not answer, or what is listed is not there any more. */
const silenceMs = 30_000

/**
 * Reads a topic once, from its begin to where it ended when it was called, for tools. Commits nothing, and deletes its group.
 * Rejects with what `onRecord` rejects with, and with `IpsError('kafka-unavailable')`, retryable.
 */
export async function readTopic(options: ReadTopicOptions): Promise<void> {
  const kafka = createKafka(options)
  const name = options.topicPrefix + options.topic
  const groupId = `${options.topicPrefix}read-${randomBytes(6).toString('hex')}`
  const admin = kafka.admin()
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 250, retry: { retries: 3 } })
  try {
    await admin.connect()
    const left = await findEnds(admin, name)
    if (left.size === 0) return
    await consumer.connect()
    await consumer.subscribe({ topic: name, fromBeginning: true })
    await readUntilEnds(consumer, left, options)
  } catch (cause) {
    if (cause instanceof IpsError) throw cause
    const message = `reading ${options.topic} failed`
    throw new IpsError('kafka-unavailable', message, { retryable: true, cause })
  } finally {
    await consumer.disconnect().catch(() => undefined)
    await admin.deleteGroups([groupId]).catch(() => undefined)
    await admin.disconnect().catch(() => undefined)
  }
}

/** Resolves when every partition is read up to the offset that `left` says of it. */
function readUntilEnds(
  consumer: Consumer,
  left: Map<number, bigint>,
  { topicPrefix, onRecord }: ReadTopicOptions,
): Promise<undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  const giveUp = () => reject(new Error(`nothing more came in ${silenceMs} ms`))
  const silence = setTimeout(giveUp, silenceMs)
  const read = async ({ batch, ...session }: EachBatchPayload) => {
    const last = left.get(batch.partition)
    if (last === undefined) return
    silence.refresh()
    for (const record of toIncomingRecords(batch, topicPrefix)) {
      if (record.offset <= last) await onRecord(record)
      await session.heartbeat()
    }
    if (BigInt(batch.lastOffset()) >= last) left.delete(batch.partition)
    if (left.size === 0) resolve(undefined)
  }
  const fail = (error: unknown) => reject(error instanceof Error ? error : new Error('unknown'))
  // The library would read a batch again and again that fails.
  const eachBatch = (payload: EachBatchPayload) => read(payload).catch(fail)
  consumer.on(consumer.events.CRASH, ({ payload }) => fail(payload.error))
  consumer.run({ autoCommit: false, eachBatch }).catch(fail)
  return promise.finally(() => clearTimeout(silence))
}

/** The last offset of each partition that has one. */
async function findEnds(admin: Admin, topic: string): Promise<Map<number, bigint>> {
  const offsets = await admin.fetchTopicOffsets(topic)
  const filled = offsets.filter(({ low, high }) => BigInt(low) < BigInt(high))
  return new Map(filled.map(({ partition, high }) => [partition, BigInt(high) - 1n]))
}
