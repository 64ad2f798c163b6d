import type { LazyAdmin } from './create-lazy-admin.ts'

/** How far a service is in a partition, as it notes it with what it has made of the records. */
export interface OwnOffset {
  /** Of the next record. */
  readonly offset: bigint
  /** The timestamp of the newest record before it, in ms. */
  readonly newestAtMs: number
}

/**
 * Where a service goes on that is at `own`; `topic` with its prefix. A topic that was deleted and made anew gives its offsets
 * to other records, all of them newer than those that the service has seen: the first record that is newer lies then before
 * `own`, and never does otherwise. Without `own` it is the beginning. Throws `IpsError('kafka-unavailable')`, retryable.
 */
export async function findStart(
  admin: LazyAdmin,
  topic: string,
  partition: number,
  own: OwnOffset | undefined,
): Promise<bigint> {
  // Where the oldest record is a later one, brokers say so, and reading begins there.
  if (own === undefined) return 0n
  const offsets = await admin.use('asking for the offset of a time', (client) =>
    client.fetchTopicOffsetsByTimestamp(topic, own.newestAtMs + 1),
  )
  const newer = BigInt(offsets.find((entry) => entry.partition === partition)?.offset ?? 0)
  return newer < own.offset ? newer : own.offset
}
