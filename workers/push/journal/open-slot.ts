import { withTransaction, type Pool, type PoolClient } from '../../../lib/postgres/create-pool.ts'
import { onJournal } from '../../../lib/journal/on-journal.ts'
import { lockTimeoutMs, partitionOf, slotBits, slotLocks, slottedTables } from './slots.ts'

/** What a slot holds, at least: retention drops it as a whole. */
const slotSeconds = 24 * 60 * 60

/**
 * Opens the next slot where the newest is a day old; answers which, if any. Positions follow once its partitions are there;
 * where a crash came between, the next call mends it. Appends and deliveries go on meanwhile. Safe in several processes
 * at once. Throws `IpsError('journal-unavailable')`, retryable, also where a lock is not to be had.
 */
export async function openSlotWhenDue(pool: Pool): Promise<number | undefined> {
  return onJournal('opening a slot', async () => {
    const opened = await withTransaction(pool, openNext)
    await withTransaction(pool, movePositions)
    return opened
  })
}

async function openNext(client: PoolClient): Promise<number | undefined> {
  await lockSlots(client)
  const { rows } = await client.query<{ slot: number; is_due: boolean }>(
    `SELECT slot, opened_at < now() - $1 * interval '1 second' AS is_due
     FROM slots ORDER BY slot DESC LIMIT 1`,
    [slotSeconds],
  )
  const [newest] = rows
  if (newest === undefined || !newest.is_due) return undefined
  const slot = newest.slot + 1
  const [from, to] = [slot, slot + 1].map((bound) => String(BigInt(bound) << BigInt(slotBits)))
  for (const table of slottedTables) {
    const partition = partitionOf(table, slot)
    // Created on its own and attached then: a partition that is created as one locks out all who read.
    await client.query(`CREATE TABLE ${partition} (LIKE ${table} INCLUDING ALL)`)
    await client.query(
      `ALTER TABLE ${table} ATTACH PARTITION ${partition} FOR VALUES FROM (${from}) TO (${to})`,
    )
  }
  await client.query('UPDATE slots SET closed_at = now() WHERE closed_at IS NULL')
  await client.query('INSERT INTO slots (slot) VALUES ($1)', [slot])
  return slot
}

/** The sequence is outside of transactions: it moves only when the partitions are there for all to see. */
async function movePositions(client: PoolClient): Promise<void> {
  await lockSlots(client)
  await client.query(
    `SELECT setval('delivery_positions', start, false)
     FROM (SELECT max(slot)::bigint << $1 AS start FROM slots) AS newest, delivery_positions
     WHERE last_value < start`,
    [slotBits],
  )
}

async function lockSlots(client: PoolClient): Promise<void> {
  await client.query(`SET LOCAL lock_timeout = ${lockTimeoutMs}`)
  await client.query('SELECT pg_advisory_xact_lock($1)', [slotLocks.open])
}
