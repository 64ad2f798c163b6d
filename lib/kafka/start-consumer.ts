import type { Consumer as KafkaConsumer, EachBatchPayload } from 'kafkajs'
import { limitConcurrency } from '../process/limit-concurrency.ts'
import { maxRecordBytes } from '../topology.ts'
import { createKafka, type KafkaOptions } from './create-kafka.ts'
import { createLazyAdmin, type LazyAdmin } from './create-lazy-admin.ts'
import type { BatchContext } from './create-partition-session.ts'
import { createSessions, type Sessions } from './create-sessions.ts'
import { findStart, type OwnOffset } from './find-start.ts'
import { readFailures } from './read-failures.ts'
import { toIncomingRecords, type IncomingRecord } from './incoming-record.ts'

export type { BatchContext } from './create-partition-session.ts'
export type { OwnOffset } from './find-start.ts'
export type { IncomingRecord } from './incoming-record.ts'

/** How a consumer reads. */
export interface ConsumerOptions extends KafkaOptions {
  /** The role's name. */
  readonly group: string
  /** Names as in the topology. */
  readonly topics: readonly string[]
  /** True, the default: the records of a partition are handled in their order, one batch after the other. */
  readonly ordered?: boolean
  /** Batches of different partitions that are handled side by side, where they are handled in order. */
  readonly concurrentPartitions: number
  /** Bytes of records that were fetched and are not completed; beyond it partitions pause. */
  readonly maxFetchBytes: number
  /** True where failures are counted durably: see `BatchContext.fail`. Costs a request per partition and rebalance. */
  readonly countsFailures?: boolean
  /**
   * For a service that notes with its own data how far it is: asked whenever a partition is assigned, and believed instead of
   * the group's committed offset, which is then for liveness and monitoring only. `undefined`: nothing is noted, so that the
   * partition is read from its oldest record. Until it resolves the partition waits; a retryable error postpones it, any other
   * is given to `onCrash`.
   */
  readonly loadOffset?: (topic: string, partition: number) => Promise<OwnOffset | undefined>
  /** After this silence the group takes a member for dead, and its partitions are given to others. */
  readonly sessionTimeoutMs: number
  /**
   * Handles records of one partition in the order of their offsets, or with `ordered: false` one record, while others are
   * under way. Resolves when it has ended with them; those that it has not completed come again. Rejecting with a
   * retryable error pauses the partition for a while, after which everything that is not completed comes again; any other
   * error is given to `onCrash`. It may take as long as it needs: neither heartbeats nor other partitions wait for it.
   */
  handle(records: readonly IncomingRecord[], context: BatchContext): Promise<void>
  /** The consumer cannot go on: end the process, so that it is started afresh. */
  onCrash(error: unknown): void
}

/** A consumer at work. */
export interface Consumer {
  /** Whether the group has heard of this member within the session time-out. */
  isConnected(): boolean
  /** Takes nothing new, aborts what is under way and waits for it, commits, and leaves the group. */
  stop(): Promise<void>
}

/** So many heartbeats fit into the session time-out, so that a slow one costs nothing. */
const heartbeatsPerSession = 10
/** Members rejoin at once, whatever they are working on; the margin is for a busy machine. */
const rebalanceTimeoutMs = 60_000
/** An idle fetch returns after this time; until then a partition that was resumed waits. */
const maxWaitTimeInMs = 250
/**
 * About 10 s of tries; then the client starts afresh and looks for the group's coordinator again, which endless tries
 * with the old one would never do.
 */
const retry = { initialRetryTime: 300, maxRetryTime: 5_000, retries: 5 }
/** Brokers that are gone must not hold up the end of the process. */
const disconnectTimeoutMs = 5_000

/**
 * Joins the group and starts to read, from the oldest record where the group has no offset. Rejects where no broker
 * answers or a topic does not exist.
 */
export async function startConsumer(options: ConsumerOptions): Promise<Consumer> {
  const { sessionTimeoutMs } = options
  const kafka = createKafka(options)
  const consumer = kafka.consumer({
    groupId: options.topicPrefix + options.group,
    sessionTimeout: sessionTimeoutMs,
    heartbeatInterval: Math.ceil(sessionTimeoutMs / heartbeatsPerSession),
    rebalanceTimeout: rebalanceTimeoutMs,
    maxWaitTimeInMs,
    maxBytesPerPartition: maxRecordBytes,
    maxBytes: Math.max(options.maxFetchBytes, maxRecordBytes),
    allowAutoTopicCreation: false,
    retry,
  })
  const stopping = new AbortController()
  const admin = createLazyAdmin(kafka)
  // A session hands over one batch at a time: no more wait than there are partitions.
  const limit = limitConcurrency(options.concurrentPartitions)
  const sessions = createSessions({
    consumer,
    logger: options.logger,
    maxPendingBytes: options.maxFetchBytes,
    stopping: stopping.signal,
    session: {
      ordered: options.ordered ?? true,
      handle:
        options.ordered === false
          ? (records, context) => options.handle(records, context)
          : (records, context) => limit(() => options.handle(records, context)),
      onCrash: (error) => options.onCrash(error),
    },
    ...createLoaders(admin, options),
  })
  const contact = followContact(consumer, sessions, options)
  await consumer.connect()
  await consumer.subscribe({
    topics: options.topics.map((topic) => options.topicPrefix + topic),
    fromBeginning: true,
  })
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    // Batches are only taken over here: there is nothing to gain from taking several at once.
    partitionsConsumedConcurrently: 1,
    eachBatch: (payload) => takeBatch(payload, sessions, options.topicPrefix, stopping.signal),
  })
  return {
    isConnected: () => Date.now() - contact.at < sessionTimeoutMs,
    async stop() {
      stopping.abort()
      await sessions.stop()
      await withTimeout(Promise.all([consumer.disconnect(), admin.stop()]), disconnectTimeoutMs)
      contact.at = 0
    },
  }
}

/** What is loaded of a partition before it is read; topics are named with their prefix. */
function createLoaders(admin: LazyAdmin, options: ConsumerOptions) {
  const { topicPrefix, group, countsFailures = false, loadOffset } = options
  return {
    loadFailures: (topic: string, partition: number) =>
      countsFailures
        ? readFailures(admin, topicPrefix + group, topic, partition)
        : Promise.resolve(new Map<bigint, number>()),
    loadStart:
      loadOffset === undefined
        ? undefined
        : async (topic: string, partition: number) => {
            const own = await loadOffset(topic.slice(topicPrefix.length), partition)
            return findStart(admin, topic, partition, own)
          },
  }
}

/** Follows the membership: when the group was last heard of, and which partitions are whose. */
function followContact(consumer: KafkaConsumer, sessions: Sessions, options: ConsumerOptions) {
  const contact = { at: 0 }
  consumer.on(consumer.events.HEARTBEAT, () => void (contact.at = Date.now()))
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    contact.at = Date.now()
    sessions.assign(payload.memberAssignment)
    options.logger.info(
      { group: options.group, assignment: payload.memberAssignment },
      'group.joined',
    )
  })
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    contact.at = 0
    // The library stops for good after an error that it takes for a programmer's: then only a new process helps.
    if (!payload.restart) options.onCrash(payload.error)
  })
  return contact
}

/** Takes a batch over. Nothing is awaited, so that the library goes on to fetch and to send heartbeats. */
function takeBatch(
  payload: EachBatchPayload,
  sessions: Sessions,
  topicPrefix: string,
  stopping: AbortSignal,
): Promise<void> {
  // A stale batch was fetched before the partition's position was set anew.
  if (!stopping.aborted && payload.isRunning() && !payload.isStale()) {
    const { topic, partition } = payload.batch
    sessions.take(topic, partition, toIncomingRecords(payload.batch, topicPrefix))
    payload.resolveOffset(payload.batch.messages.at(-1)?.offset ?? payload.batch.lastOffset())
  }
  return Promise.resolve()
}

async function withTimeout(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  const timer = Promise.withResolvers<undefined>()
  const timeout = setTimeout(() => timer.resolve(undefined), timeoutMs)
  await Promise.race([work, timer.promise]).finally(() => clearTimeout(timeout))
}
