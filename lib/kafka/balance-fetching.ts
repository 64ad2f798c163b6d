import type { Consumer as KafkaConsumer } from 'kafkajs'
import type { AssignedPartition } from './assigned-partition.ts'

/** Records of a partition that wait or are under way; more would only lie in memory. */
const maxPendingRecords = 2_000
/** A partition fetches again when it has half of its share left: the next records are there before it runs dry. */
const resumeAt = 0.5
/** No partition takes more of the memory than this, so that a busy one leaves room for others. */
const maxShare = 0.5

/** Pauses the partitions that have enough to do, and resumes those that soon have not. */
export function balanceFetching(
  consumer: Pick<KafkaConsumer, 'pause' | 'resume'>,
  partitions: ReadonlyMap<string, AssignedPartition>,
  maxPendingBytes: number,
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
export function attempt(step: () => void): boolean {
  try {
    step()
    return true
  } catch {
    return false
  }
}
