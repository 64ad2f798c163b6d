import { IpsError } from '../errors/ips-error.ts'
import { createAssignedPartition, keyOf, type AssignedPartition } from './assigned-partition.ts'
import { balanceFetching } from './balance-fetching.ts'
import { createCommitter } from './create-committer.ts'
import { createSessionSteps, type SessionsOptions } from './create-session-steps.ts'
import type { IncomingRecord } from './incoming-record.ts'

/** All partitions of one member of a group. Topics are named with their prefix. */
export interface Sessions {
  /** The group has assigned partitions anew: sessions of others end, those of the same go on. */
  assign(assignment: Readonly<Record<string, readonly number[]>>): void
  take(topic: string, partition: number, records: readonly IncomingRecord[]): void
  /** Waits for the handlers, whose signal is aborted, and commits what is completed. */
  stop(): Promise<void>
}

/** At most this long between the completion of a record and the commit of its offset. */
const commitIntervalMs = 500

/** Creates the sessions of a member that has no partitions yet. */
export function createSessions(options: SessionsOptions): Sessions {
  const partitions = new Map<string, AssignedPartition>()
  const commit = createCommitter(options.consumer, partitions)
  const timer = setInterval(() => {
    commit().catch((error: unknown) => options.logger.warn({ error }, 'offsets.not-committed'))
  }, commitIntervalMs)
  const balance = () => balanceFetching(options.consumer, partitions, options.maxPendingBytes)
  const steps = createSessionSteps(options, partitions, { commit, balance })
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
