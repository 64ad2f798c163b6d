import type { Consumer as KafkaConsumer } from 'kafkajs'
import { IpsError } from '../errors/ips-error.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import type { Position } from './create-record-ledger.ts'

/**
 * Commits the positions that have moved, of all partitions in one request, one request after the other. Rejects with
 * `IpsError('kafka-unavailable')`, retryable.
 */
export function createCommitter(
  consumer: Pick<KafkaConsumer, 'commitOffsets'>,
  partitions: ReadonlyMap<string, AssignedPartition>,
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
