import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { onJournal } from '../../../lib/journal/on-journal.ts'

/** A start that finds the workflow at work costs Temporal some milliseconds: each refused message may do so once a day. */
const trustHours = 24
/** Messages of one statement at most. */
const maxForgotten = 1_000

/**
 * Forgets that the workflows of refused messages were started where that is long ago, so that they are started again: a
 * workflow that was terminated, or lost with Temporal's database, leaves its message waiting, and keeps one of the places of
 * its endpoint. Where it is at work, the start only notes that. Returns how many. Throws
 * `IpsError('journal-unavailable')`, retryable.
 */
export async function forgetOldStarts(pool: Pool): Promise<number> {
  const { rowCount } = await onJournal('looking after refused messages', () =>
    // Not prepared: planned anew each time, it sees how small the index of what is started is.
    pool.query(`
      UPDATE outcomes SET started = false
      FROM (
        SELECT endpoint_id, position FROM outcomes
        WHERE state = 'retrying' AND started AND settled_at < now() - interval '${trustHours} hours'
        LIMIT ${maxForgotten}
        OFFSET 0
      ) AS old
      WHERE outcomes.endpoint_id = old.endpoint_id AND outcomes.position = old.position
        AND state = 'retrying'`),
  )
  return rowCount ?? 0
}
