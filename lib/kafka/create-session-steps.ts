import { setTimeout } from 'node:timers/promises'
import type { Consumer as KafkaConsumer } from 'kafkajs'
import { IpsError } from '../errors/ips-error.ts'
import type { Logger } from '../telemetry/create-logger.ts'
import { keyOf, type AssignedPartition } from './assigned-partition.ts'
import { attempt } from './balance-fetching.ts'
import {
  createPartitionSession,
  type PartitionSession,
  type PartitionSessionDependencies,
} from './create-partition-session.ts'
import type { FailureCounts } from './failure-counts.ts'

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

/** What happens to a session from its start to its end, other than the loss of its partition. */
export interface SessionSteps {
  /** Holds the partition until it is known where it begins. */
  locate(place: AssignedPartition): void
  start(place: AssignedPartition): PartitionSession
  /** Ends the session without committing, and begins anew at `offset`. */
  renew(place: AssignedPartition, offset: bigint): void
  /** Resolves when the handlers of renewed sessions have ended. */
  renewed(): Promise<void>
}

/** What the steps do to all partitions of the member. */
interface MemberActions {
  readonly commit: () => Promise<void>
  readonly balance: () => void
}

/** Between a retryable failure and the next try of the partition. */
const retryDelayMs = 1_000

/** Creates the steps for the sessions of these partitions. */
export function createSessionSteps(
  options: SessionsOptions,
  partitions: ReadonlyMap<string, AssignedPartition>,
  { commit, balance }: MemberActions,
): SessionSteps {
  const ending = new Set<Promise<void>>()
  const isHeld = (place: AssignedPartition) =>
    partitions.get(keyOf(place.topic, place.partition)) === place
  const readAgain = (place: AssignedPartition, offset: bigint | undefined) => {
    place.session = undefined
    place.postponed = false
    place.next = offset
    const { topic, partition } = place
    if (!isHeld(place) || offset === undefined) return
    attempt(() => options.consumer.seek({ topic, partition, offset: offset.toString() }))
    balance()
  }
  const hold = (place: AssignedPartition) => {
    place.postponed = true
    balance()
  }
  const postpone = async (place: AssignedPartition, session: PartitionSession) => {
    hold(place)
    await session.settled()
    await commit().catch(() => undefined)
    await setTimeout(retryDelayMs, undefined, { ref: false })
    readAgain(place, session.ledger.nextNeeded())
  }
  return {
    locate: (place) =>
      locatePartition(place, options, isHeld, (offset) => readAgain(place, offset)),
    start(place) {
      place.next = undefined
      const session = startSession(place, options, { commit, balance }, () =>
        postpone(place, session),
      )
      return session
    },
    renew(place, offset) {
      const { topic, partition, session } = place
      options.logger.warn({ topic, partition, offset: offset.toString() }, 'partition.renewed')
      // At once: what it has completed says nothing of the records that are there now.
      place.session = undefined
      place.committed = undefined
      hold(place)
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

function startSession(
  { topic, partition }: AssignedPartition,
  options: SessionsOptions,
  { commit, balance }: MemberActions,
  onPostponed: () => Promise<void>,
): PartitionSession {
  return createPartitionSession({
    ...options.session,
    stopping: options.stopping,
    loadFailures: () => options.loadFailures(topic, partition),
    commit,
    onProgress: balance,
    onPostpone(error) {
      options.logger.warn({ error, topic, partition }, 'partition.postponed')
      void onPostponed()
    },
  })
}

/** Asks where the partition begins, again and again where a failure may mend, while it is held. */
function locatePartition(
  place: AssignedPartition,
  { loadStart, stopping, logger, session }: SessionsOptions,
  isHeld: (place: AssignedPartition) => boolean,
  onLocated: (offset: bigint) => void,
): void {
  if (loadStart === undefined) return
  const { topic, partition } = place
  place.postponed = true
  const isWanted = () => isHeld(place) && !stopping.aborted
  const locate = async (): Promise<void> => {
    try {
      const offset = await loadStart(topic, partition)
      if (!isWanted()) return
      logger.info({ topic, partition, offset: offset.toString() }, 'partition.located')
      onLocated(offset)
    } catch (error) {
      if (!isWanted()) return
      if (!(error instanceof IpsError) || !error.retryable) throw error
      logger.warn({ error, topic, partition }, 'partition.postponed')
      await setTimeout(retryDelayMs, undefined, { ref: false })
      if (isWanted()) await locate()
    }
  }
  locate().catch((error: unknown) => session.onCrash(error))
}
