/** How often the work on each record has failed, by offset. */
export type FailureCounts = Map<bigint, number>

/** Brokers keep 4,096 bytes of metadata with an offset by default; an entry takes up to 26. */
const maxEntries = 128

/**
 * Writes counts as the metadata of a committed offset, so that they are as durable as the offset and go with the partition
 * to whoever reads it next. Keeps those of offsets from `from` on, the first ones where there are too many.
 */
export function writeFailureCounts(counts: FailureCounts, from: bigint): string {
  const entries = [...counts]
    .filter(([offset]) => offset >= from)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, maxEntries)
    .map(([offset, count]) => [offset.toString(), count] as const)
  return entries.length === 0 ? '' : JSON.stringify({ failures: Object.fromEntries(entries) })
}

/** Reads what `writeFailureCounts` wrote; anything else holds no counts. */
export function readFailureCounts(metadata: string | null): FailureCounts {
  const counts: FailureCounts = new Map()
  try {
    const { failures } = JSON.parse(metadata ?? '') as { failures: Record<string, unknown> }
    for (const [offset, count] of Object.entries(failures)) {
      if (/^\d+$/.test(offset) && Number.isSafeInteger(count))
        counts.set(BigInt(offset), Number(count))
    }
  } catch {
    // Metadata of another origin, or none.
  }
  return counts
}
