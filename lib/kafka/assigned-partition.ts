import type { PartitionSession } from './create-partition-session.ts'
import type { Position } from './create-record-ledger.ts'

/** One partition that is assigned to this member. */
export interface AssignedPartition {
  /** With its prefix. */
  readonly topic: string
  readonly partition: number
  session: PartitionSession | undefined
  /** Where reading goes on while there is no session; `undefined`: where the group's committed offset says. */
  next: bigint | undefined
  committed: Position | undefined
  paused: boolean
  /** True while it waits: after a failure, or for the offset at which it begins. */
  postponed: boolean
}

/** A partition as the group assigns it. */
export function createAssignedPartition(topic: string, partition: number): AssignedPartition {
  return {
    topic,
    partition,
    session: undefined,
    next: undefined,
    committed: undefined,
    paused: false,
    postponed: false,
  }
}

/** A partition's name among those of a member. */
export function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`
}
