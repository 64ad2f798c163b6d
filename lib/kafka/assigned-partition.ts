import type { PartitionSession } from './create-partition-session.ts'
import type { Position } from './create-record-ledger.ts'

/** One partition that is assigned to this member. */
export interface AssignedPartition {
  /** With its prefix. */
  readonly topic: string
  readonly partition: number
  session: PartitionSession | undefined
  committed: Position | undefined
  paused: boolean
  /** True while it waits after a failure. */
  postponed: boolean
}

/** A partition as the group assigns it. */
export function createAssignedPartition(topic: string, partition: number): AssignedPartition {
  return {
    topic,
    partition,
    session: undefined,
    committed: undefined,
    paused: false,
    postponed: false,
  }
}
