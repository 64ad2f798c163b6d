import type { Consumer as KafkaConsumer, EachBatchPayload } from 'kafkajs'
import { IpsError } from '../errors/ips-error.ts'
import { maxRecordBytes } from '../topology.ts'
import { createContiguousOffsets } from './contiguous-offsets.ts'
import { createKafka, type KafkaOptions } from './create-kafka.ts'

/** A record that was read. `value` is a view of the whole fetch: copy what outlives the batch. */
export interface IncomingRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  readonly key: string
  readonly value: Buffer
  readonly headers: Readonly<Record<string, Buffer>>
  /** When it was written, in ms. */
  readonly timestamp: number
}

/** What a batch's handler can do besides its work. */
export interface BatchContext {
  /** Aborted when the batch's work is no longer wanted: a rebalance took the partition, or the consumer stops. */
  readonly signal: AbortSignal
  /** Everything that the record caused is durable; in any order. Offsets are committed up to the first one that isn't. */
  complete(record: IncomingRecord): void
}

/** How a consumer reads. */
export interface ConsumerOptions extends KafkaOptions {
  /** The role's name. */
  readonly group: string
  /** Names as in the topology. */
  readonly topics: readonly string[]
  /** Batches of different partitions that are handled side by side. */
  readonly concurrentPartitions: number
  /** Bytes of one fetch at most, over all partitions; bounds the memory of records that wait. */
  readonly maxFetchBytes: number
  /**
   * Handles the records of one partition, in their order of offset; resolves when it has ended with the batch. Records
   * that it has not completed come again. Rejecting with a retryable error pauses the partition for a while; any other
   * error is given to `onCrash`.
   */
  handle(records: readonly IncomingRecord[], context: BatchContext): Promise<void>
  /** The consumer cannot go on: end the process, so that it is started afresh. */
  onCrash(error: unknown): void
}

/** A consumer at work. */
export interface Consumer {
  isConnected(): boolean
  /** Ends after the batches under way are aborted, and leaves the group. */
  stop(): Promise<void>
}

const sessionTimeoutMs = 30_000
const heartbeatIntervalMs = 3_000
/** A member may take this long over its batch when the group is rebalanced: above the longest unit of work. */
const rebalanceTimeoutMs = 60_000
/** An idle fetch returns after this time. */
const maxWaitTimeInMs = 250
/** Between a retryable failure and the next try of the partition. */
const retryDelayMs = 1_000
/** At most this long between the completion of a record and the commit of its offset, while its batch goes on. */
const commitIntervalMs = 1_000

/** Joins the group and starts to read, from the oldest record where the group has no offset. */
export async function startConsumer(options: ConsumerOptions): Promise<Consumer> {
  const consumer = createKafka(options).consumer({
    groupId: options.topicPrefix + options.group,
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: heartbeatIntervalMs,
    rebalanceTimeout: rebalanceTimeoutMs,
    maxWaitTimeInMs,
    maxBytesPerPartition: maxRecordBytes,
    maxBytes: Math.max(options.maxFetchBytes, maxRecordBytes),
    allowAutoTopicCreation: false,
    retry: { initialRetryTime: 300, maxRetryTime: 5_000, retries: Number.MAX_SAFE_INTEGER },
  })
  const stopping = new AbortController()
  const state = { connected: false }
  followState(consumer, state, options)
  await consumer.connect()
  for (const topic of options.topics) {
    await consumer.subscribe({ topic: options.topicPrefix + topic, fromBeginning: true })
  }
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    partitionsConsumedConcurrently: options.concurrentPartitions,
    eachBatch: (payload) => handleBatch(consumer, payload, options, stopping.signal),
  })
  return {
    isConnected: () => state.connected,
    async stop() {
      stopping.abort()
      await consumer.disconnect()
    },
  }
}

function followState(
  consumer: KafkaConsumer,
  state: { connected: boolean },
  options: ConsumerOptions,
): void {
  consumer.on(consumer.events.GROUP_JOIN, () => (state.connected = true))
  consumer.on(consumer.events.HEARTBEAT, () => (state.connected = true))
  consumer.on(consumer.events.DISCONNECT, () => (state.connected = false))
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    state.connected = false
    // The library stops for good after an error that it takes for a programmer's: then only a new process helps.
    if (!payload.restart) options.onCrash(payload.error)
  })
}

async function handleBatch(
  consumer: KafkaConsumer,
  payload: EachBatchPayload,
  options: ConsumerOptions,
  stopping: AbortSignal,
): Promise<void> {
  const records = toRecords(payload, options.topicPrefix)
  const followed = createContiguousOffsets(records.map((record) => record.offset))
  const positions = new Map(records.map((record, index) => [record.offset, index]))
  const lost = new AbortController()
  const commit = createCommit(consumer, payload, followed)
  const heart = startHeart(payload, lost, commit)
  try {
    await options.handle(records, {
      signal: AbortSignal.any([lost.signal, stopping]),
      complete(record) {
        const position = positions.get(record.offset)
        if (position !== undefined) followed.complete(position)
      },
    })
  } catch (error) {
    const wanted = !stopping.aborted && !lost.signal.aborted
    if (wanted) postpone(error, payload, options)
  } finally {
    await heart.stop()
  }
  const completed = followed.completedOffset()
  if (completed !== undefined) payload.resolveOffset(completed.toString())
  await commit()
  if (lost.signal.aborted) throw lost.signal.reason
  await payload.heartbeat()
}

/** Commits what is complete, where it has moved. */
function createCommit(
  consumer: KafkaConsumer,
  { batch }: EachBatchPayload,
  followed: { completedOffset(): bigint | undefined },
): () => Promise<void> {
  let committed: bigint | undefined
  return async () => {
    const completed = followed.completedOffset()
    if (completed === undefined || completed === committed) return
    const offset = (completed + 1n).toString()
    await consumer.commitOffsets([{ topic: batch.topic, partition: batch.partition, offset }])
    committed = completed
  }
}

/** Heartbeats and commits while the handler works; aborts it when the group no longer wants this member's work. */
function startHeart(payload: EachBatchPayload, lost: AbortController, commit: () => Promise<void>) {
  let beat: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    beat = beat.then(async () => {
      if (lost.signal.aborted) return
      try {
        await commit()
        await payload.heartbeat()
        if (payload.isStale() || !payload.isRunning())
          lost.abort(new IpsError('partition-lost', 'the batch is stale'))
      } catch (error) {
        lost.abort(error)
      }
    })
  }, commitIntervalMs)
  return {
    async stop() {
      clearInterval(timer)
      await beat
    },
  }
}

function postpone(error: unknown, payload: EachBatchPayload, options: ConsumerOptions): void {
  if (!(error instanceof IpsError && error.retryable)) {
    options.onCrash(error)
    throw error
  }
  const { topic, partition } = payload.batch
  options.logger.warn({ error, topic, partition }, 'batch.postponed')
  setTimeout(payload.pause(), retryDelayMs).unref()
}

function toRecords({ batch }: EachBatchPayload, topicPrefix: string): IncomingRecord[] {
  return batch.messages.map((message) => ({
    topic: batch.topic.slice(topicPrefix.length),
    partition: batch.partition,
    offset: BigInt(message.offset),
    key: message.key?.toString() ?? '',
    value: message.value ?? Buffer.alloc(0),
    headers: toHeaders(message.headers ?? {}),
    timestamp: Number(message.timestamp),
  }))
}

function toHeaders(headers: NonNullable<EachBatchPayload['batch']['messages'][number]['headers']>) {
  const entries = Object.entries(headers).map(([name, value]) => {
    const first = Array.isArray(value) ? value[0] : value
    return [
      name,
      typeof first === 'string' ? Buffer.from(first) : (first ?? Buffer.alloc(0)),
    ] as const
  })
  return Object.fromEntries(entries)
}
