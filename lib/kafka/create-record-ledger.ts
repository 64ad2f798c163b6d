import { createContiguousOffsets } from './contiguous-offsets.ts'
import { writeFailureCounts, type FailureCounts } from './failure-counts.ts'
import type { IncomingRecord } from './incoming-record.ts'

/** What is to be committed for a partition. */
export interface Position {
  /** Of the next record to be read. */
  readonly offset: bigint
  readonly metadata: string
}

/** Keeps the accounts of a partition: what was taken, what is completed, what has failed and how often. */
export interface RecordLedger {
  /** Enters records in the order of their offsets; returns those that were not entered before. */
  take(records: readonly IncomingRecord[]): IncomingRecord[]
  complete(record: IncomingRecord): void
  isComplete(record: IncomingRecord): boolean
  failures(record: IncomingRecord): number
  /** Notes one more failure; returns how many there are. */
  fail(record: IncomingRecord): number
  /** Takes one failure back. */
  forgive(record: IncomingRecord): void
  /** Adds what is known from earlier. */
  addFailures(counts: FailureCounts): void
  /** What has been taken and is not completed. */
  pending(): { readonly records: number; readonly bytes: number }
  /** `undefined` where there is nothing to commit. */
  position(): Position | undefined
  /** Offset of the first record that is not completed, else the one behind the last taken; `undefined` without any. */
  nextNeeded(): bigint | undefined
  /** Offset behind the last record taken. */
  nextFetched(): bigint | undefined
}

/** Creates an empty ledger. */
export function createRecordLedger(): RecordLedger {
  const offsets = createContiguousOffsets()
  const sizes = new Map<bigint, number>()
  const failures: FailureCounts = new Map()
  let bytes = 0
  /** Whether failures were ever noted: then their absence is to be committed, too. */
  let hasFailed = false
  let firstTaken: bigint | undefined
  let behindTaken: bigint | undefined
  return {
    take(records) {
      const fresh = records.filter(({ offset }) => offset >= (behindTaken ?? 0n))
      for (const { offset, value } of fresh) {
        offsets.add(offset)
        sizes.set(offset, value.length)
        bytes += value.length
        firstTaken ??= offset
        behindTaken = offset + 1n
      }
      return fresh
    },
    complete({ offset }) {
      offsets.complete(offset)
      bytes -= sizes.get(offset) ?? 0
      sizes.delete(offset)
      failures.delete(offset)
    },
    isComplete: ({ offset }) => !sizes.has(offset),
    failures: ({ offset }) => failures.get(offset) ?? 0,
    fail({ offset }) {
      const count = (failures.get(offset) ?? 0) + 1
      failures.set(offset, count)
      hasFailed = true
      return count
    },
    forgive({ offset }) {
      const count = (failures.get(offset) ?? 0) - 1
      if (count > 0) failures.set(offset, count)
      else failures.delete(offset)
    },
    addFailures(counts) {
      for (const [offset, count] of counts) failures.set(offset, count)
      hasFailed ||= counts.size > 0
    },
    pending: () => ({ records: sizes.size, bytes }),
    position() {
      const completed = offsets.completedOffset()
      const offset = completed === undefined ? firstTaken : completed + 1n
      if (offset === undefined) return undefined
      const metadata = writeFailureCounts(failures, offset)
      return completed === undefined && !hasFailed ? undefined : { offset, metadata }
    },
    nextNeeded: () => offsets.firstIncomplete() ?? behindTaken,
    nextFetched: () => behindTaken,
  }
}
