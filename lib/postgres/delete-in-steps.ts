import type { Pool } from 'pg'

/** Rows of one statement: far below the time-out of statements. */
const maxRows = 5_000

/**
 * Deletes rows, a bounded number at a time, until none is left. `statement` gives the SQL that deletes so many of them at most.
 * Returns how many there were. What a crash interrupts is completed by the next call.
 */
export async function deleteInSteps(
  pool: Pool,
  statement: (limit: number) => string,
  values: readonly unknown[],
): Promise<number> {
  let deleted = 0
  for (;;) {
    const { rowCount } = await pool.query(statement(maxRows), [...values])
    deleted += rowCount ?? 0
    if (rowCount !== maxRows) return deleted
  }
}
