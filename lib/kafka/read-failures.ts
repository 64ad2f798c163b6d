import type { LazyAdmin } from './create-lazy-admin.ts'
import { readFailureCounts, type FailureCounts } from './failure-counts.ts'

/**
 * Reads the failure counts that were committed with the offsets of a group; `topic` and `groupId` with their prefix. Throws
 * `IpsError('kafka-unavailable')`, retryable.
 */
export async function readFailures(
  admin: LazyAdmin,
  groupId: string,
  topic: string,
  partition: number,
): Promise<FailureCounts> {
  const [offsets] = await admin.use('reading committed offsets', (client) =>
    client.fetchOffsets({ groupId, topics: [topic] }),
  )
  const found = offsets?.partitions.find((entry) => entry.partition === partition)
  return readFailureCounts(found?.metadata ?? null)
}
