import { withTransaction, type Pool, type PoolClient } from '../postgres/create-pool.ts'
import { onJournal } from './on-journal.ts'
import { lockTimeoutMs, partitionOf, slotLocks, type SlotLayout } from './slots.ts'

/** What a slot holds, at least: retention drops it as a whole. */
const slotSeconds = 24 * 60 * 60

/**
 * Opens the next slot where the newest is a day old; answers which, if any. Its row in `slots` and its partitions appear at
 * once. Whatever else is read and written goes on meanwhile. Safe in several processes at once. Throws
 * `IpsError('journal-unavailable')`, retryable, also where a lock is not to be had.
 */
export function openSlotWhenDue(pool: Pool, layout: SlotLayout): Promise<number | undefined> {
  return withSlotsLocked(pool, (client) => openNext(client, layout))
}

/** Runs `work` in a transaction beside which no slot is opened. Throws as `openSlotWhenDue` does. */
export function withSlotsLocked<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  return onJournal('opening a slot', () =>
    withTransaction(pool, async (client) => {
      await client.query(`SET LOCAL lock_timeout = ${lockTimeoutMs}`)
      await client.query('SELECT pg_advisory_xact_lock($1)', [slotLocks.open])
      return work(client)
    }),
  )
}

async function openNext(client: PoolClient, layout: SlotLayout): Promise<number | undefined> {
  const { rows } = await client.query<{ slot: number; is_due: boolean }>(
    `SELECT slot, opened_at < now() - $1 * interval '1 second' AS is_due
     FROM slots ORDER BY slot DESC LIMIT 1`,
    [slotSeconds],
  )
  const [newest] = rows
  if (newest === undefined || !newest.is_due) return undefined
  const slot = newest.slot + 1
  for (const table of layout.tables) {
    const partition = partitionOf(table, slot)
    // Created on its own and attached then: a partition that is created as one locks out all who read.
    await client.query(`CREATE TABLE ${partition} (LIKE ${table} INCLUDING ALL)`)
    await client.query(
      `ALTER TABLE ${table} ATTACH PARTITION ${partition} FOR VALUES ${layout.boundsOf(slot)}`,
    )
  }
  await client.query('UPDATE slots SET closed_at = now() WHERE closed_at IS NULL')
  await client.query('INSERT INTO slots (slot) VALUES ($1)', [slot])
  return slot
}
