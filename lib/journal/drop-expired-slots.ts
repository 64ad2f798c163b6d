import type { Pool, PoolClient } from '../postgres/create-pool.ts'
import { onJournal } from './on-journal.ts'
import { lockTimeoutMs, partitionOf, slotLocks, type SlotLayout } from './slots.ts'

/** Noting what goes may read a whole day's journal. */
const statementTimeoutMs = 10 * 60 * 1_000

/**
 * Drops the slots that were closed more than `retentionSeconds` ago, the oldest first. Each is given to `expire` before, which
 * sets its `expired_at`, and may note what goes, in the same statement. Answers how many slots are gone. Whatever else is read
 * and written goes on meanwhile; what is interrupted is ended by the next call. One process does it; in others it does nothing.
 * Throws `IpsError('journal-unavailable')`, retryable, also where a lock is not to be had.
 */
export async function dropExpiredSlots(
  pool: Pool,
  layout: SlotLayout,
  retentionSeconds: number,
  expire: (client: PoolClient, slot: number) => Promise<void> = noteExpiry,
): Promise<number> {
  return onJournal('dropping old slots', async () => {
    const client = await pool.connect()
    try {
      if (!(await prepare(client))) return 0
      const slots = await findSlots(client, retentionSeconds)
      for (const { slot, isExpired } of slots) {
        if (!isExpired) await expire(client, slot)
        for (const table of layout.tables) await dropPartition(client, table, slot)
        await client.query('DELETE FROM slots WHERE slot = $1', [slot])
      }
      return slots.length
    } finally {
      // Not for others any more: it has the lock, and settings of its own.
      client.release(true)
    }
  })
}

/** False where another process does it. */
async function prepare(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ is_mine: boolean }>(
    'SELECT pg_try_advisory_lock($1) AS is_mine',
    [slotLocks.drop],
  )
  if (rows[0]?.is_mine !== true) return false
  await client.query(
    `SET lock_timeout = ${lockTimeoutMs}; SET statement_timeout = ${statementTimeoutMs};
     SET enable_seqscan = on; SET enable_bitmapscan = on; SET enable_sort = on`,
  )
  return true
}

async function findSlots(client: PoolClient, retentionSeconds: number) {
  const { rows } = await client.query<{ slot: number; is_expired: boolean }>(
    `SELECT slot, expired_at IS NOT NULL AS is_expired FROM slots
     WHERE expired_at IS NOT NULL OR closed_at < now() - $1 * interval '1 second'
     ORDER BY slot`,
    [retentionSeconds],
  )
  return rows.map((row) => ({ slot: row.slot, isExpired: row.is_expired }))
}

async function noteExpiry(client: PoolClient, slot: number): Promise<void> {
  await client.query('UPDATE slots SET expired_at = now() WHERE slot = $1', [slot])
}

/** Goes on from wherever an earlier call was interrupted. */
async function dropPartition(client: PoolClient, table: string, slot: number): Promise<void> {
  const partition = partitionOf(table, slot)
  const { rows } = await client.query<{ is_half_detached: boolean | null }>(
    `SELECT inhdetachpending AS is_half_detached
     FROM pg_class LEFT JOIN pg_inherits ON inhrelid = pg_class.oid
     WHERE pg_class.oid = to_regclass($1)`,
    [partition],
  )
  const [row] = rows
  if (row === undefined) return
  if (row.is_half_detached !== null) {
    const how = row.is_half_detached ? 'FINALIZE' : 'CONCURRENTLY'
    await client.query(`ALTER TABLE ${table} DETACH PARTITION ${partition} ${how}`)
  }
  await client.query(`DROP TABLE ${partition}`)
}
