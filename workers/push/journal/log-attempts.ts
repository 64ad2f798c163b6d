import type { AttemptRecord } from '../../../activities/delivery/delivery-journal.ts'
import type { ClientKeys } from '../../../lib/client-keys/create-client-keys.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { toText } from './attempt-texts.ts'
import { onJournal } from '../../../lib/journal/on-journal.ts'
import { sealAnswers } from './seal-answers.ts'
import { oldestKept } from './slots.ts'

/** An attempt that did not deliver, for the log of its message. */
export interface LoggedAttempt {
  readonly endpointId: string
  /** Of the message itself. */
  readonly position: number
  readonly attempt: AttemptRecord
}

/** Attempts of a message that are kept: two schedules of Standard Webhooks. */
const maxAttemptsKept = 20

/**
 * Logs attempts, in one statement for many messages. The last ones of each message are kept; their numbers go on. Those of
 * messages that retention has removed, or of clients that were erased, are left out. Throws `IpsError('journal-unavailable')`, retryable, and what
 * `ClientKeys.keyFor` throws.
 */
export async function logAttempts(
  pool: Pool,
  keys: ClientKeys,
  logged: readonly LoggedAttempt[],
): Promise<void> {
  await onJournal('logging attempts', async () => {
    const answers = await sealAnswers(pool, keys, logged)
    await pool.query({
      name: 'log-attempts',
      text: logStatement,
      values: [
        logged.map(({ endpointId }) => endpointId),
        logged.map(({ position }) => position),
        logged.map(({ attempt }) => new Date(attempt.at)),
        logged.map(({ attempt }) => Math.round(attempt.durationMs)),
        logged.map(({ attempt }) => attempt.status),
        logged.map(({ attempt }) => attempt.error && toText(attempt.error)),
        logged.map(({ attempt }) => attempt.address),
        answers,
      ],
    })
  })
}

/** An endpoint that is being erased waits for this, or is not there any more. */
const logStatement = `
  WITH known_endpoints AS (
    SELECT endpoint_id FROM endpoints WHERE endpoint_id = ANY($1) ORDER BY endpoint_id FOR KEY SHARE
  )
  INSERT INTO attempts
    (endpoint_id, position, place, number, attempted_at, duration_ms, status, error, address, sealed_answer)
  SELECT endpoint_id, position, number % ${maxAttemptsKept}, number,
    attempted_at, duration_ms, status, error, address, decode(answer, 'base64')
  FROM (
    SELECT attempt.*,
      coalesce(known.number, 0) + row_number() OVER message AS number,
      coalesce(known.number, 0) + count(*) OVER (PARTITION BY endpoint_id, position) AS newest
    FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::integer[], $5::smallint[],
      $6::text[], $7::text[], $8::text[]) WITH ORDINALITY
      AS attempt (endpoint_id, position, attempted_at, duration_ms, status, error, address, answer,
        ordinal)
    CROSS JOIN LATERAL (
      SELECT max(number) AS number FROM attempts
      WHERE attempts.endpoint_id = attempt.endpoint_id AND attempts.position = attempt.position
    ) AS known
    WHERE position >= ${oldestKept} AND endpoint_id IN (SELECT endpoint_id FROM known_endpoints)
    WINDOW message AS (PARTITION BY endpoint_id, position ORDER BY ordinal)
  ) AS numbered
  WHERE number > newest - ${maxAttemptsKept}
  ON CONFLICT (endpoint_id, position, place) DO UPDATE SET
    number = excluded.number, attempted_at = excluded.attempted_at,
    duration_ms = excluded.duration_ms, status = excluded.status, error = excluded.error,
    address = excluded.address, answer = NULL, sealed_answer = excluded.sealed_answer`
