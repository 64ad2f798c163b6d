import type { EndpointNote } from '../../../activities/delivery/operations-journal.ts'
import { onJournal } from '../../../lib/journal/on-journal.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { toText } from './attempt-texts.ts'

/** How many requests to an endpoint are under way. */
export interface InFlightNote {
  readonly endpointId: string
  readonly owner: string
  readonly inFlight: number
}

/**
 * Notes requests under way, in one statement for many endpoints. Answers for each whether it was noted: false where somebody
 * else has claimed the endpoint meanwhile. May be lost when the server crashes. Throws `IpsError('journal-unavailable')`,
 * retryable.
 */
export async function noteInFlight(pool: Pool, notes: readonly InFlightNote[]): Promise<boolean[]> {
  const keyOf = ({ endpointId, owner }: Omit<InFlightNote, 'inFlight'>) => `${endpointId}/${owner}`
  const last = [...new Map(notes.map((note) => [keyOf(note), note])).values()]
  const { rows } = await onJournal('noting requests under way', () =>
    pool.query<{ endpoint_id: string; owner: string }>({
      name: 'note-in-flight',
      text: `
        WITH held AS (
          SELECT endpoint_id FROM cursors WHERE endpoint_id = ANY($1)
          ORDER BY endpoint_id FOR NO KEY UPDATE
        ), noted AS (
          UPDATE cursors SET in_flight = note.in_flight, updated_at = now()
          FROM unnest($1::text[], $2::text[], $3::integer[]) AS note (endpoint_id, owner, in_flight)
          WHERE cursors.endpoint_id = ANY(ARRAY(SELECT endpoint_id FROM held))
            AND cursors.endpoint_id = note.endpoint_id AND cursors.owner = note.owner
          RETURNING cursors.endpoint_id, cursors.owner
        )
        SELECT endpoint_id, owner
        FROM noted, (SELECT set_config('synchronous_commit', 'off', true)) AS unhurried`,
      values: [
        last.map(({ endpointId }) => endpointId),
        last.map(({ owner }) => owner),
        last.map(({ inFlight }) => inFlight),
      ],
    }),
  )
  const noted = new Set(rows.map((row) => keyOf({ endpointId: row.endpoint_id, owner: row.owner })))
  return notes.map((note) => noted.has(keyOf(note)))
}

/** Notes what operators see of an endpoint. Throws `IpsError('journal-unavailable')`, retryable. */
export async function noteEndpoint(
  pool: Pool,
  endpointId: string,
  note: EndpointNote,
): Promise<void> {
  const { state, failures, lastStatus, lastError, nextAttemptAt } = note
  await onJournal('noting the state of an endpoint', () =>
    pool.query({
      name: 'note-endpoint',
      text: `
        INSERT INTO cursors
          (endpoint_id, position, owner, state, failures, last_status, last_error, next_attempt_at)
        SELECT endpoint_id, 0, '', $2, $3, $4, $5, $6 FROM endpoints WHERE endpoint_id = $1
        ON CONFLICT (endpoint_id) DO UPDATE SET
          state = excluded.state, failures = excluded.failures, last_status = excluded.last_status,
          last_error = excluded.last_error, next_attempt_at = excluded.next_attempt_at,
          -- A delivery that has ended says nothing more.
          in_flight = CASE excluded.state WHEN 'delivering' THEN cursors.in_flight ELSE 0 END,
          updated_at = now()`,
      values: [
        endpointId,
        state,
        failures,
        lastStatus,
        lastError && toText(lastError),
        nextAttemptAt === undefined ? null : new Date(nextAttemptAt),
      ],
    }),
  )
}
