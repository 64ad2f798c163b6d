import { randomBytes } from 'node:crypto'
import { createKafka, type KafkaOptions } from './create-kafka.ts'
import { toIncomingRecords, type IncomingRecord } from './incoming-record.ts'

/** What is followed. */
export interface TailOptions extends KafkaOptions {
  /** Names as in the topology. */
  readonly topics: readonly string[]
  /** The same of every topic. */
  readonly partition: number
  readonly onRecord: (record: IncomingRecord) => void
}

/** A reader that leaves no trace. */
export interface Tail {
  stop(): Promise<void>
}

/**
 * Follows one partition of some topics, for tools: everything that is written after this call resolves its first look at
 * the ends, however long joining takes. Commits nothing, and deletes its group when it stops.
 */
export async function tailPartition(options: TailOptions): Promise<Tail> {
  const kafka = createKafka(options)
  const groupId = `${options.topicPrefix}tail-${randomBytes(6).toString('hex')}`
  const admin = kafka.admin()
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 250 })
  const stop = async () => {
    await consumer.disconnect()
    await admin.deleteGroups([groupId]).catch(() => undefined)
    await admin.disconnect()
  }
  try {
    await admin.connect()
    const names = options.topics.map((topic) => options.topicPrefix + topic)
    const starts = await Promise.all(
      names.map(async (topic) => {
        const ends = await admin.fetchTopicOffsets(topic)
        const end = ends.find(({ partition }) => partition === options.partition)
        return { topic, offset: end?.high ?? '0' }
      }),
    )
    await consumer.connect()
    await consumer.subscribe({ topics: names })
    await consumer.run({
      autoCommit: false,
      eachBatch: ({ batch }) => {
        if (batch.partition === options.partition) {
          for (const record of toIncomingRecords(batch, options.topicPrefix))
            options.onRecord(record)
        }
        return Promise.resolve()
      },
    })
    for (const start of starts) consumer.seek({ ...start, partition: options.partition })
    return { stop }
  } catch (error) {
    await stop()
    throw error
  }
}
