import type { AttemptRecord } from '../../../activities/delivery/delivery-journal.ts'
import { isClientErased, type ClientKeys } from '../../../lib/client-keys/create-client-keys.ts'
import { clientKeyDamaged } from '../../../lib/client-keys/key-file.ts'
import { clientKeyMissing } from '../../../lib/client-keys/seal-content.ts'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { onJournal } from '../../../lib/journal/on-journal.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import {
  describeDeliveries,
  describeExpired,
  toDelivery,
  type DeliveryRecord,
  type DeliveryRow,
  type LoggedDelivery,
} from './delivery-rows.ts'
import { openAnswer } from './sealed-columns.ts'

interface AttemptRow {
  number: number
  attempted_at: Date
  duration_ms: number | null
  status: number | null
  error: string | null
  address: string | null
  answer: string | null
  sealed_answer: Buffer | null
}

/** A message has a copy for each endpoint that a token named for it: few. */
const maxCopies = 100

/**
 * Finds all copies of a message, at one endpoint each, with their attempts; the newest first, and those that have expired
 * last. Throws `IpsError('journal-unavailable')`, retryable.
 */
export async function findDelivery(
  pool: Pool,
  keys: ClientKeys,
  messageId: string,
): Promise<LoggedDelivery[]> {
  return onJournal('looking for a message', async () => {
    const kept = await pool.query<DeliveryRow>(
      describeDeliveries(`
        SELECT endpoint_id, position FROM deliveries
        WHERE message_id = $1 AND replay_of IS NULL
        LIMIT ${maxCopies}`),
      [messageId],
    )
    const expired = await pool.query<DeliveryRow>(
      describeExpired('message_id = $1', String(maxCopies)),
      [messageId],
    )
    const logged = kept.rows.map(async (row) => withLog(pool, keys, toDelivery(row)))
    const gone = expired.rows.map((row) => ({ ...toDelivery(row), log: [] }))
    return [...(await Promise.all(logged)), ...gone]
  })
}

async function withLog(
  pool: Pool,
  keys: ClientKeys,
  delivery: DeliveryRecord,
): Promise<LoggedDelivery> {
  const { rows } = await pool.query<AttemptRow>(
    `SELECT number, attempted_at, duration_ms, status, error, address, answer, sealed_answer FROM attempts
     WHERE endpoint_id = $1 AND position = $2
     UNION ALL
     SELECT $3, attempted_at, duration_ms, status, NULL, address, NULL, NULL FROM outcomes
     WHERE endpoint_id = $1 AND position = $2 AND state = 'delivered' AND attempted_at IS NOT NULL
     ORDER BY number`,
    [delivery.endpointId, delivery.position, delivery.attempts],
  )
  const log = rows.map(async ({ sealed_answer: sealed, ...row }) =>
    toAttempt(
      sealed === null ? row : { ...row, answer: await open(keys, delivery.clientId, sealed) },
    ),
  )
  return { ...delivery, log: await Promise.all(log) }
}

/** Whoever looks may have no keys: then all but the answers is shown. */
async function open(keys: ClientKeys, clientId: string, sealed: Buffer): Promise<string> {
  try {
    return openAnswer(await keys.existingKey(clientId), sealed)
  } catch (error) {
    if (isClientErased(error)) return '(erased)'
    if (!(error instanceof IpsError)) throw error
    if (error.code === clientKeyMissing) return '(its key is not here)'
    if (error.code === clientKeyDamaged) return '(its key is damaged)'
    throw error
  }
}

function toAttempt(row: Omit<AttemptRow, 'sealed_answer'>): AttemptRecord & { number: number } {
  return {
    number: row.number,
    at: row.attempted_at.getTime(),
    durationMs: row.duration_ms ?? 0,
    ...(row.status === null ? {} : { status: row.status }),
    ...(row.error === null ? {} : { error: row.error }),
    ...(row.address === null ? {} : { address: row.address }),
    ...(row.answer === null ? {} : { answer: row.answer }),
  }
}
