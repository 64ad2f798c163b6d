/** Positions of one slot: those of a day, however many; 2^17 slots have theirs below 2^53, which is 350 years. */
export const slotBits = 36

/** SQL: the first position that retention keeps. What lies before must not be written to: its partitions go. */
export const oldestKept = `(
  SELECT min(slot)::bigint << ${slotBits} FROM slots WHERE expired_at IS NULL
)`

/** The tables that have a partition for each slot. */
export const slottedTables = ['deliveries', 'outcomes', 'attempts', 'expired'] as const

export type SlottedTable = (typeof slottedTables)[number]

/** The name of a table's partition. */
export function partitionOf(table: SlottedTable, slot: number): string {
  return `${table}_${slot}`
}

/** PostgreSQL's advisory locks: for whoever opens a slot, and for whoever drops some, which may take long. */
export const slotLocks = { open: 7_241_854, drop: 7_241_855 } as const

/** Waiting longer for a table's lock would hold up all that come after. */
export const lockTimeoutMs = 5_000
