import { setTimeout } from 'node:timers/promises'
import type { Consumer as KafkaConsumer } from 'kafkajs'
import { IpsError } from '../errors/ips-error.ts'
import type { Logger } from '../telemetry/create-logger.ts'
import {
  createPartitionSession,
  type PartitionSession,
  type PartitionSessionDependencies,
} from './create-partition-session.ts'
import type { Position } from './create-record-ledger.ts'
import type { FailureCounts } from './failure-counts.ts'
import type { IncomingRecord } from './incoming-record.ts'

/** All partitions of one member of a group. Topics are named with their prefix. */
export interface Sessions {
  /** The group has assigned partitions anew: sessions of others end, those of the same go on. */
  assign(assignment: Readonly<Record<string, readonly number[]>>): void
  take(topic: string, partition: number, records: readonly IncomingRecord[]): void
  /** Waits for the handlers, whose signal is aborted, and commits what is completed. */
  stop(): Promise<void>
}

/** What the sessions of a member need. */
export interface SessionsOptions {
  readonly consumer: Pick<KafkaConsumer, 'commitOffsets' | 'pause' | 'resume' | 'seek'>
  readonly logger: Logger
  readonly maxPendingBytes: number
  readonly stopping: AbortSignal
  readonly session: Pick<PartitionSessionDependencies, 'ordered' | 'handle' | 'onCrash'>
  loadFailures(topic: string, partition: number): Promise<FailureCounts>
}

/** One partition that is assigned to this member. */
interface Partition {
  readonly topic: string
  readonly partition: number
  session: PartitionSession | undefined
  committed: Position | undefined
  paused: boolean
  /** True while it waits after a failure. */
  postponed: boolean
}

/** At most this long between the completion of a record and the commit of its offset. */
const commitIntervalMs = 500
/** Between a retryable failure and the next try of the partition. */
const retryDelayMs = 1_000
/** Records of a partition that wait or are under way; more would only lie in memory. */
const maxPendingRecords = 2_000
/** A partition fetches again when it has half of its share left: the next records are there before it runs dry. */
const resumeAt = 0.5
/** No partition takes more of the memory than this, so that a busy one leaves room for others. */
const maxShare = 0.5

/** Creates the sessions of a member that has no partitions yet. */
export function createSessions(options: SessionsOptions): Sessions {
  const partitions = new Map<string, Partition>()
  const commit = createCommitter(options, partitions)
  const timer = setInterval(() => {
    commit().catch((error: unknown) => options.logger.warn({ error }, 'offsets.not-committed'))
  }, commitIntervalMs)
  const balance = () => pauseAndResume(options, partitions)
  const postpone = async (place: Partition, session: PartitionSession) => {
    place.postponed = true
    balance()
    await session.settled()
    await commit().catch(() => undefined)
    await setTimeout(retryDelayMs, undefined, { ref: false })
    place.session = undefined
    place.postponed = false
    const { topic, partition } = place
    const offset = session.ledger.nextNeeded()
    if (partitions.get(keyOf(topic, partition)) !== place || offset === undefined) return
    attempt(() => options.consumer.seek({ topic, partition, offset: offset.toString() }))
    balance()
  }
  const start = (place: Partition) => startSession(options, place, { commit, balance, postpone })
  return {
    assign(assignment) {
      const kept = new Map<string, Partition>()
      for (const [topic, numbers] of Object.entries(assignment)) {
        for (const partition of numbers) {
          const key = keyOf(topic, partition)
          kept.set(key, partitions.get(key) ?? unassigned(topic, partition))
        }
      }
      for (const [key, { session }] of partitions) {
        if (!kept.has(key)) session?.end(new IpsError('partition-lost', `${key} was taken away`))
      }
      partitions.clear()
      for (const [key, place] of kept) {
        partitions.set(key, place)
        resetFetching(options.consumer, place)
      }
      balance()
    },
    take(topic, partition, records) {
      const place = partitions.get(keyOf(topic, partition))
      if (place === undefined || place.postponed) return
      place.session ??= start(place)
      place.session.take(records)
      balance()
    },
    async stop() {
      clearInterval(timer)
      await Promise.all([...partitions.values()].map(async ({ session }) => session?.settled()))
      await commit().catch((error: unknown) => {
        options.logger.warn({ error }, 'offsets.not-committed')
      })
    },
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`
}

function unassigned(topic: string, partition: number): Partition {
  return {
    topic,
    partition,
    session: undefined,
    committed: undefined,
    paused: false,
    postponed: false,
  }
}

/** The library has forgotten what is under way here, and goes back to the committed offset: lead it to the next record. */
function resetFetching(consumer: SessionsOptions['consumer'], place: Partition): void {
  const { topic, partition, session, postponed } = place
  consumer.resume([{ topic, partitions: [partition] }])
  place.paused = false
  // A commit may have been lost with the membership.
  place.committed = undefined
  const offset = postponed ? undefined : session?.ledger.nextFetched()
  if (offset !== undefined) consumer.seek({ topic, partition, offset: offset.toString() })
}

interface SessionSteps {
  commit(): Promise<void>
  balance(): void
  /** Ends the session, and after a while reads again what it has not completed. */
  postpone(place: Partition, session: PartitionSession): Promise<void>
}

function startSession(
  options: SessionsOptions,
  place: Partition,
  steps: SessionSteps,
): PartitionSession {
  const { topic, partition } = place
  const session: PartitionSession = createPartitionSession({
    ...options.session,
    stopping: options.stopping,
    loadFailures: () => options.loadFailures(topic, partition),
    commit: () => steps.commit(),
    onProgress: () => steps.balance(),
    onPostpone(error) {
      options.logger.warn({ error, topic, partition }, 'partition.postponed')
      void steps.postpone(place, session)
    },
  })
  return session
}

/** Commits the positions that have moved, of all partitions in one request, one request after the other. */
function createCommitter(
  { consumer }: SessionsOptions,
  partitions: ReadonlyMap<string, Partition>,
): () => Promise<void> {
  const commit = async () => {
    const moved = [...partitions.values()].flatMap((place) => {
      const position = place.session?.ledger.position()
      return position === undefined || isSame(position, place.committed)
        ? []
        : [{ place, position }]
    })
    if (moved.length === 0) return
    try {
      await consumer.commitOffsets(
        moved.map(({ place: { topic, partition }, position: { offset, metadata } }) => ({
          topic,
          partition,
          offset: offset.toString(),
          metadata,
        })),
      )
    } catch (cause) {
      throw new IpsError('kafka-unavailable', 'committing offsets failed', {
        retryable: true,
        cause,
      })
    }
    for (const { place, position } of moved) place.committed = position
  }
  let last = Promise.resolve()
  return () => {
    const next = last.then(commit)
    last = next.catch(() => undefined)
    return next
  }
}

function isSame(a: Position, b: Position | undefined): boolean {
  return a.offset === b?.offset && a.metadata === b.metadata
}

/** Pauses the partitions that have enough to do, and resumes those that soon have not. */
function pauseAndResume(
  { consumer, maxPendingBytes }: SessionsOptions,
  partitions: ReadonlyMap<string, Partition>,
): void {
  const loads = [...partitions.values()].map((place) => ({
    place,
    ...(place.session?.ledger.pending() ?? { records: 0, bytes: 0 }),
  }))
  const total = loads.reduce((sum, { bytes }) => sum + bytes, 0)
  const maxBytes = maxPendingBytes * maxShare
  for (const { place, records, bytes } of loads) {
    const stuffed = place.postponed || total >= maxPendingBytes
    const full = stuffed || bytes >= maxBytes || records >= maxPendingRecords
    const thirsty =
      !stuffed && bytes <= maxBytes * resumeAt && records <= maxPendingRecords * resumeAt
    const wanted = place.paused ? !thirsty : full
    if (wanted === place.paused) continue
    const target = [{ topic: place.topic, partitions: [place.partition] }]
    const done = attempt(() => (wanted ? consumer.pause(target) : consumer.resume(target)))
    if (done) place.paused = wanted
  }
}

/** The library refuses while it starts afresh after a failure; then everything is set anew when it has joined again. */
function attempt(step: () => void): boolean {
  try {
    step()
    return true
  } catch {
    return false
  }
}
