import type { Pool, PoolClient } from '../../../lib/postgres/create-pool.ts'
import { onJournal } from '../../../lib/journal/on-journal.ts'
import { lockTimeoutMs, partitionOf, slotLocks, slottedTables, type SlottedTable } from './slots.ts'

/** Noting what is undelivered reads a whole day's journal. */
const statementTimeoutMs = 10 * 60 * 1_000

/**
 * Drops the slots that were closed more than `retentionSeconds` ago, the oldest first. What was not delivered there, and not
 * dropped by an operator, is noted as expired before, and `onExpired` is told how much it is. Answers how many slots are
 * gone. Appends, reads and settlements go on meanwhile; what is interrupted is ended by the next call. One process does it;
 * in others it does nothing. Throws `IpsError('journal-unavailable')`, retryable, also where a lock is not to be had.
 */
export async function dropExpiredSlots(
  pool: Pool,
  retentionSeconds: number,
  onExpired: (messages: number) => void,
): Promise<number> {
  return onJournal('dropping old slots', async () => {
    const client = await pool.connect()
    try {
      return await dropSlots(client, retentionSeconds, onExpired)
    } finally {
      // Not for others any more: it has the lock, and settings of its own.
      client.release(true)
    }
  })
}

async function dropSlots(
  client: PoolClient,
  retentionSeconds: number,
  onExpired: (messages: number) => void,
): Promise<number> {
  const { rows } = await client.query<{ is_mine: boolean }>(
    'SELECT pg_try_advisory_lock($1) AS is_mine',
    [slotLocks.drop],
  )
  if (rows[0]?.is_mine !== true) return 0
  await client.query(
    `SET lock_timeout = ${lockTimeoutMs}; SET statement_timeout = ${statementTimeoutMs};
     SET enable_seqscan = on; SET enable_bitmapscan = on; SET enable_sort = on`,
  )
  const slots = await findSlots(client, retentionSeconds)
  for (const { slot, isExpired } of slots) {
    if (!isExpired) onExpired(await expireSlot(client, slot))
    for (const table of slottedTables) await dropPartition(client, table, slot)
    await client.query('DELETE FROM slots WHERE slot = $1', [slot])
  }
  return slots.length
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

/** Notes what was not delivered, and in the same statement that nothing is written there any more. */
async function expireSlot(client: PoolClient, slot: number): Promise<number> {
  const { rows } = await client.query<{ expired: string }>(
    `WITH closed AS (
       UPDATE slots SET expired_at = now() WHERE slot = $1
     ), noted AS (
       INSERT INTO expired (endpoint_id, position, message_id, type, correlation_id, created_at, state,
         attempts, last_status, last_error)
       SELECT message.endpoint_id, message.position, message_id, type, correlation_id, created_at,
         coalesce(state, 'pending'), coalesce(number, 0), coalesce(last.status, outcome.status),
         coalesce(error, reason)
       FROM ${partitionOf('deliveries', slot)} AS message
       LEFT JOIN ${partitionOf('outcomes', slot)} AS outcome USING (endpoint_id, position)
       LEFT JOIN LATERAL (
         SELECT number, status, error FROM ${partitionOf('attempts', slot)} AS attempt
         WHERE attempt.endpoint_id = message.endpoint_id AND attempt.position = message.position
         ORDER BY number DESC LIMIT 1
       ) AS last ON true
       WHERE replay_of IS NULL AND coalesce(state, 'pending') NOT IN ('delivered', 'dropped')
       RETURNING noted
     )
     SELECT count(*) AS expired FROM noted`,
    [slot],
  )
  return Number(rows[0]?.expired ?? 0)
}

/** Goes on from wherever an earlier call was interrupted. */
async function dropPartition(client: PoolClient, table: SlottedTable, slot: number): Promise<void> {
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
