/** The time partitions of a journal: a slot holds what came while it was the newest one, and retention drops it as a whole. */
export interface SlotLayout {
  /** The tables that have a partition for each slot, named as `partitionOf` says. */
  readonly tables: readonly string[]
  /** SQL: what the partitions of a slot hold, as `FOR VALUES …` says. */
  boundsOf(slot: number): string
}

/** The name of a table's partition. */
export function partitionOf(table: string, slot: number): string {
  return `${table}_${slot}`
}

/** PostgreSQL's advisory locks: for whoever opens a slot, and for whoever drops some, which may take long. */
export const slotLocks = { open: 7_241_854, drop: 7_241_855 } as const

/** Waiting longer for a table's lock would hold up all that come after. */
export const lockTimeoutMs = 5_000
