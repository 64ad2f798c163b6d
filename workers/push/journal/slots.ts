import { partitionOf, type SlotLayout } from '../../../lib/journal/slots.ts'
import { dropExpiredSlots } from '../../../lib/journal/drop-expired-slots.ts'
import { openSlotWhenDue, withSlotsLocked } from '../../../lib/journal/open-slot.ts'
import type { Pool, PoolClient } from '../../../lib/postgres/create-pool.ts'

/** Positions of one slot: those of a day, however many; 2^17 slots have theirs below 2^53, which is 350 years. */
export const slotBits = 36

/** SQL: the first position that retention keeps. What lies before must not be written to: its partitions go. */
export const oldestKept = `(
  SELECT min(slot)::bigint << ${slotBits} FROM slots WHERE expired_at IS NULL
)`

/** A slot's partitions hold its positions. */
const layout: SlotLayout = {
  tables: ['deliveries', 'outcomes', 'attempts', 'expired'],
  boundsOf(slot) {
    const [from, to] = [slot, slot + 1].map((bound) => String(BigInt(bound) << BigInt(slotBits)))
    return `FROM (${from}) TO (${to})`
  },
}

/**
 * Opens the next slot where it is due: see `openSlotWhenDue`. Positions follow once its partitions are there; where a crash came
 * between, the next call mends it.
 */
export async function openDeliverySlot(pool: Pool): Promise<number | undefined> {
  const opened = await openSlotWhenDue(pool, layout)
  // The sequence is outside of transactions: it moves only when the partitions are there for all to see.
  await withSlotsLocked(pool, movePositions)
  return opened
}

async function movePositions(client: PoolClient): Promise<void> {
  await client.query(
    `SELECT setval('delivery_positions', start, false)
     FROM (SELECT max(slot)::bigint << $1 AS start FROM slots) AS newest, delivery_positions
     WHERE last_value < start`,
    [slotBits],
  )
}

/**
 * Drops old slots: see `dropExpiredSlots`. What was not delivered there, and not dropped by an operator, is noted as expired
 * before, and `onExpired` is told how much it is.
 */
export function dropDeliverySlots(
  pool: Pool,
  retentionSeconds: number,
  onExpired: (messages: number) => void,
): Promise<number> {
  return dropExpiredSlots(pool, layout, retentionSeconds, async (client, slot) =>
    onExpired(await expireDeliveries(client, slot)),
  )
}

/** Notes what was not delivered, and in the same statement that nothing is written there any more. */
async function expireDeliveries(client: PoolClient, slot: number): Promise<number> {
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
