/**
 * Follows records of one batch that complete in any order, and says up to where they are all done. Offsets may have
 * gaps (compaction, transactions): contiguous means in the order of the batch.
 */
export interface ContiguousOffsets {
  /** Marks the record at this position of the batch as done. Marking twice is harmless. */
  complete(index: number): void
  /** Offset of the last record before which, itself included, everything is done; `undefined` while the first is not. */
  completedOffset(): bigint | undefined
}

/** Creates a follower for a batch with these offsets, in their order. */
export function createContiguousOffsets(offsets: readonly bigint[]): ContiguousOffsets {
  const done = new Array<boolean>(offsets.length).fill(false)
  let next = 0
  return {
    complete(index) {
      done[index] = true
      while (done[next] === true) next += 1
    },
    completedOffset: () => offsets[next - 1],
  }
}
