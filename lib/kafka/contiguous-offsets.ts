/**
 * Follows records of one partition that complete in any order, and says up to where they are all done. Offsets may have
 * gaps (compaction, transactions): contiguous means in the order in which they were added.
 */
export interface ContiguousOffsets {
  /** A record was read; offsets grow. */
  add(offset: bigint): void
  /** Marks a record as done. Marking twice, or one that was never added, is harmless. */
  complete(offset: bigint): void
  /** Offset of the last record before which, itself included, everything is done; `undefined` while there is none. */
  completedOffset(): bigint | undefined
  /** Offset of the first record that is not done; `undefined` where all are. */
  firstIncomplete(): bigint | undefined
}

/** Creates a follower. Takes memory only for what is not contiguously done. */
export function createContiguousOffsets(): ContiguousOffsets {
  /** In the order of addition, which is that of a map; the value says whether the record is done. */
  const open = new Map<bigint, boolean>()
  let last: bigint | undefined
  return {
    add(offset) {
      open.set(offset, false)
    },
    complete(offset) {
      if (!open.has(offset)) return
      open.set(offset, true)
      for (const [candidate, done] of open) {
        if (!done) break
        open.delete(candidate)
        last = candidate
      }
    },
    completedOffset: () => last,
    firstIncomplete: () => open.keys().next().value,
  }
}
