import { setTimeout } from 'node:timers/promises'
import type { Consumer as KafkaConsumer } from 'kafkajs'
import { IpsError } from '../errors/ips-error.ts'
import type { Logger } from '../telemetry/create-logger.ts'
import { createAssignedPartition, type AssignedPartition } from './assigned-partition.ts'
import { attempt, balanceFetching } from './balance-fetching.ts'
import { createCommitter } from './create-committer.ts'
import {
  createPartitionSession,
  type PartitionSession,
  type PartitionSessionDependencies,
} from './create-partition-session.ts'
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
  /** Where a partition begins that was assigned; without it, where the group's committed offset says. */
  readonly loadStart?: ((topic: string, partition: number) => Promise<bigint>) | undefined
}

/** At most this long between the completion of a record and the commit of its offset. */
const commitIntervalMs = 500
/** Between a retryable failure and the next try of the partition. */
const retryDelayMs = 1_000

/** Creates the sessions of a member that has no partitions yet. */
export function createSessions(options: SessionsOptions): Sessions {
  const partitions = new Map<string, AssignedPartition>()
  const commit = createCommitter(options.consumer, partitions)
  const timer = setInterval(() => {
    commit().catch((error: unknown) => options.logger.warn({ error }, 'offsets.not-committed'))
  }, commitIntervalMs)
  const balance = () => balanceFetching(options.consumer, partitions, options.maxPendingBytes)
  const steps = createSteps(options, partitions, { commit, balance })
  return {
    assign(assignment) {
      const kept = new Map<string, AssignedPartition>()
      const fresh: string[] = []
      for (const [topic, numbers] of Object.entries(assignment)) {
        for (const partition of numbers) {
          const key = keyOf(topic, partition)
          kept.set(key, partitions.get(key) ?? createAssignedPartition(topic, partition))
          if (!partitions.has(key)) fresh.push(key)
        }
      }
      for (const [key, { session }] of partitions) {
        if (!kept.has(key)) session?.end(new IpsError('partition-lost', `${key} was taken away`))
      }
      partitions.clear()
      for (const [key, place] of kept) {
        partitions.set(key, place)
        if (fresh.includes(key)) steps.locate(place)
        resetFetching(options.consumer, place)
      }
      balance()
    },
    take(topic, partition, records) {
      const place = partitions.get(keyOf(topic, partition))
      if (place === undefined || place.postponed) return
      const [first] = records
      const fetched = place.session?.ledger.nextFetched()
      // Fetching only goes forward: the topic was cut or made anew, and its offsets mean other records now.
      if (first !== undefined && fetched !== undefined && first.offset < fetched) {
        steps.renew(place, first.offset)
        return
      }
      place.session ??= steps.start(place)
      place.session.take(records)
      balance()
    },
    async stop() {
      clearInterval(timer)
      await Promise.all([...partitions.values()].map(async ({ session }) => session?.settled()))
      await steps.renewed()
      await commit().catch((error: unknown) => {
        options.logger.warn({ error }, 'offsets.not-committed')
      })
    },
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`
}

/** The library has forgotten what is under way here, and goes back to the committed offset: lead it to the next record. */
function resetFetching(consumer: SessionsOptions['consumer'], place: AssignedPartition): void {
  const { topic, partition, session, postponed, next } = place
  consumer.resume([{ topic, partitions: [partition] }])
  place.paused = false
  // A commit may have been lost with the membership.
  place.committed = undefined
  const offset = postponed ? undefined : (session?.ledger.nextFetched() ?? next)
  if (offset !== undefined) consumer.seek({ topic, partition, offset: offset.toString() })
}

/** What happens to a session from its start to its end, other than the loss of its partition. */
interface SessionSteps {
  /** Holds the partition until it is known where it begins. */
  locate(place: AssignedPartition): void
  start(place: AssignedPartition): PartitionSession
  /** Ends the session without committing, and begins anew at `offset`. */
  renew(place: AssignedPartition, offset: bigint): void
  /** Resolves when the handlers of renewed sessions have ended. */
  renewed(): Promise<void>
}

function createSteps(
  { consumer, logger, ...options }: SessionsOptions,
  partitions: ReadonlyMap<string, AssignedPartition>,
  { commit, balance }: { commit: () => Promise<void>; balance: () => void },
): SessionSteps {
  const ending = new Set<Promise<void>>()
  const readAgain = (place: AssignedPartition, offset: bigint | undefined) => {
    place.session = undefined
    place.postponed = false
    place.next = offset
    const { topic, partition } = place
    if (partitions.get(keyOf(topic, partition)) !== place || offset === undefined) return
    attempt(() => consumer.seek({ topic, partition, offset: offset.toString() }))
    balance()
  }
  const postpone = async (place: AssignedPartition, session: PartitionSession) => {
    place.postponed = true
    balance()
    await session.settled()
    await commit().catch(() => undefined)
    await setTimeout(retryDelayMs, undefined, { ref: false })
    readAgain(place, session.ledger.nextNeeded())
  }
  return {
    locate(place) {
      const { topic, partition } = place
      const { loadStart, stopping, session } = options
      if (loadStart === undefined) return
      place.postponed = true
      const isWanted = () => partitions.get(keyOf(topic, partition)) === place && !stopping.aborted
      untilLoaded(
        () => loadStart(topic, partition),
        isWanted,
        (error) => logger.warn({ error, topic, partition }, 'partition.postponed'),
      ).then(
        (offset) => {
          if (offset === undefined) return
          logger.info({ topic, partition, offset: offset.toString() }, 'partition.located')
          readAgain(place, offset)
        },
        (error: unknown) => session.onCrash(error),
      )
    },
    start(place) {
      const { topic, partition } = place
      place.next = undefined
      const session: PartitionSession = createPartitionSession({
        ...options.session,
        stopping: options.stopping,
        loadFailures: () => options.loadFailures(topic, partition),
        commit,
        onProgress: balance,
        onPostpone(error) {
          logger.warn({ error, topic, partition }, 'partition.postponed')
          void postpone(place, session)
        },
      })
      return session
    },
    renew(place, offset) {
      const { topic, partition, session } = place
      logger.warn({ topic, partition, offset: offset.toString() }, 'partition.renewed')
      // At once: what it has completed says nothing of the records that are there now.
      place.session = undefined
      place.committed = undefined
      place.postponed = true
      balance()
      session?.end(new IpsError('partition-renewed', `${keyOf(topic, partition)} begins anew`))
      const ended = Promise.resolve(session?.settled()).then(() => {
        ending.delete(ended)
        readAgain(place, offset)
      })
      ending.add(ended)
    },
    async renewed() {
      await Promise.all(ending)
    },
  }
}

/** Loads, again and again where a failure may mend; `undefined` as soon as it is no longer wanted. */
async function untilLoaded<T>(
  load: () => Promise<T>,
  isWanted: () => boolean,
  onPostpone: (error: IpsError) => void,
): Promise<T | undefined> {
  while (isWanted()) {
    try {
      return await load()
    } catch (error) {
      if (!isWanted()) return undefined
      if (!(error instanceof IpsError) || !error.retryable) throw error
      onPostpone(error)
      await setTimeout(retryDelayMs, undefined, { ref: false })
    }
  }
  return undefined
}
