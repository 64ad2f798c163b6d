import type {
  ClaimedEndpoint,
  RecordedBatch,
} from '../../../activities/delivery/delivery-journal.ts'
import { unlessErased } from '../../../lib/client-keys/create-client-keys.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { onJournal } from '../../../lib/journal/on-journal.ts'
import { openTarget, targetColumns, type EndpointOpeners, type TargetRow } from './open-target.ts'

interface ClaimRow extends TargetRow {
  cursor: string
  settled_beyond: string[]
  batches: [first: number, last: number, isSplit: boolean][] | null
}

/**
 * Makes `owner` the only one who may settle messages of the endpoint, and notes that it is delivered to; `undefined` where
 * there is no such endpoint, or its client was erased. Throws `IpsError('journal-unavailable')`, retryable, and what `openTarget`
 * throws.
 */
export async function claimEndpoint(
  pool: Pool,
  openers: EndpointOpeners,
  endpointId: string,
  owner: string,
): Promise<ClaimedEndpoint | undefined> {
  const { rows } = await onJournal('claiming an endpoint', () =>
    pool.query<ClaimRow>({
      name: 'claim-endpoint',
      text: claimStatement,
      values: [endpointId, owner],
    }),
  )
  const [row] = rows
  if (row === undefined) return undefined
  const target = await unlessErased(openTarget(openers, row))
  if (target === undefined) return undefined
  return {
    ...target,
    cursor: Number(row.cursor),
    settledBeyond: row.settled_beyond.map(Number),
    batches: (row.batches ?? []).map(toBatch),
  }
}

const claimStatement = `
  WITH claimed AS (
    INSERT INTO cursors (endpoint_id, position, owner, state)
    SELECT endpoint_id, 0, $2, 'delivering' FROM endpoints WHERE endpoint_id = $1
    ON CONFLICT (endpoint_id) DO UPDATE SET
      owner = excluded.owner, state = 'delivering', next_attempt_at = NULL, in_flight = 0,
      updated_at = now()
    RETURNING endpoint_id, position
  )
  SELECT ${targetColumns},
    claimed.position AS cursor,
    ARRAY(
      SELECT position FROM outcomes
      WHERE outcomes.endpoint_id = $1 AND outcomes.position > claimed.position
      ORDER BY position
    ) AS settled_beyond,
    (
      SELECT json_agg(json_build_array(first, last, is_split) ORDER BY first) FROM batches
      WHERE batches.endpoint_id = $1 AND last > claimed.position
    ) AS batches
  FROM claimed JOIN endpoints USING (endpoint_id)`

function toBatch([first, last, isSplit]: [number, number, boolean]): RecordedBatch {
  return { first, last, isSplit }
}
