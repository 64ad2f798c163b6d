import type {
  EndpointNote,
  MessageSettlement,
  RefusedMessage,
} from '../../../activities/delivery/operations-journal.ts'
import { unlessErased } from '../../../lib/client-keys/create-client-keys.ts'
import { onJournal } from '../../../lib/journal/on-journal.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { toText } from './attempt-texts.ts'
import { openTarget, targetColumns, type EndpointOpeners, type TargetRow } from './open-target.ts'
import { openBody } from './sealed-columns.ts'

interface RefusedRow extends TargetRow {
  position: string
  message_id: string
  correlation_id: string
  traceparent: string
  body: string | null
  sealed_body: Buffer | null
  state: EndpointNote['state']
  next_attempt_at: Date | null
}

/**
 * Loads a message that is `retrying` or `dead`, with what is needed to send it; `undefined` where it is neither any more,
 * retention has removed it, or its client was erased. Throws `IpsError('journal-unavailable')`, retryable, and what `openTarget`
 * throws.
 */
export async function loadRefused(
  pool: Pool,
  openers: EndpointOpeners,
  endpointId: string,
  position: number,
): Promise<RefusedMessage | undefined> {
  const { rows } = await onJournal('loading a message', () =>
    pool.query<RefusedRow>({
      name: 'load-refused',
      text: `
        SELECT ${targetColumns},
          message.position, message_id, correlation_id, traceparent, body,
          message.sealed AS sealed_body,
          coalesce(cursors.state, 'idle') AS state, next_attempt_at
        FROM endpoints
        JOIN outcomes USING (endpoint_id)
        JOIN deliveries AS message USING (endpoint_id)
        LEFT JOIN cursors USING (endpoint_id)
        WHERE endpoint_id = $1 AND outcomes.position = $2 AND message.position = $2
          AND outcomes.state IN ('retrying', 'dead')`,
      values: [endpointId, position],
    }),
  )
  const [row] = rows
  if (row === undefined) return undefined
  const opened = await unlessErased(open(openers, row))
  if (opened === undefined) return undefined
  const held = heldBy(row, Date.now())
  return {
    endpoint: opened.endpoint,
    message: {
      position: Number(row.position),
      origin: Number(row.position),
      messageId: row.message_id,
      correlationId: row.correlation_id,
      traceparent: row.traceparent,
      body: opened.body,
    },
    ...(held === undefined ? {} : { held }),
  }
}

async function open(openers: EndpointOpeners, row: RefusedRow) {
  const endpoint = await openTarget(openers, row)
  const { body, sealed_body: sealed, client_id: clientId } = row
  if (sealed === null) return { endpoint, body: body ?? '' }
  return { endpoint, body: openBody(await openers.keys.existingKey(clientId), sealed) }
}

/**
 * Why the endpoint must be left alone. One whose back-off is over is not: who waits for it to say so would wait for ever if
 * its workflow was ended by hand.
 */
function heldBy(row: RefusedRow, now: number): RefusedMessage['held'] {
  const { state, next_attempt_at: nextAttemptAt } = row
  if (state === 'paused' || state === 'disabled') return { reason: state }
  if (state !== 'backing-off') return undefined
  if (nextAttemptAt === null) return { reason: state }
  const until = nextAttemptAt.getTime()
  return until > now ? { reason: state, until } : undefined
}

/**
 * Ends a message that is `retrying` or `dead`; false where it is neither any more. What is known of its last attempt stays
 * where this says nothing of one. Throws `IpsError('journal-unavailable')`, retryable.
 */
export async function settleRefused(pool: Pool, settlement: MessageSettlement): Promise<boolean> {
  const { endpointId, position, state, reason, attempt } = settlement
  const { rowCount } = await onJournal('settling a message', () =>
    pool.query({
      name: 'settle-refused',
      text: `
        UPDATE outcomes SET
          state = $3, reason = $4, settled_at = now(), started = false,
          attempted_at = coalesce($5, attempted_at),
          duration_ms = CASE WHEN $5 IS NULL THEN duration_ms ELSE $6 END,
          status = CASE WHEN $5 IS NULL THEN status ELSE $7 END,
          address = CASE WHEN $5 IS NULL THEN address ELSE $8 END
        WHERE endpoint_id = $1 AND position = $2 AND state IN ('retrying', 'dead')`,
      values: [
        endpointId,
        position,
        state,
        reason === undefined ? null : toText(reason),
        attempt === undefined ? null : new Date(attempt.at),
        attempt === undefined ? null : Math.round(attempt.durationMs),
        attempt?.status,
        attempt?.address,
      ],
    }),
  )
  return rowCount === 1
}
