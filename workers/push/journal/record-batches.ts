import type { RecordedBatch } from '../../../activities/delivery/delivery-journal.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { onJournal } from '../../../lib/journal/on-journal.ts'

/** A batch that was composed, or split. */
export interface BatchRecord extends RecordedBatch {
  readonly endpointId: string
  readonly owner: string
}

/**
 * Records batches, in one statement for many endpoints, and removes those of the same endpoints that the cursor has passed.
 * Answers for each whether it was recorded: false where somebody else has claimed the endpoint meanwhile. Throws
 * `IpsError('journal-unavailable')`, retryable.
 */
export async function recordBatches(
  pool: Pool,
  records: readonly BatchRecord[],
): Promise<boolean[]> {
  // What was said last of a batch counts.
  const batches = [
    ...new Map(records.map((one) => [`${one.endpointId}/${one.first}`, one])).values(),
  ]
  const { rows } = await onJournal('recording batches', () =>
    pool.query<{ endpoint_id: string; owner: string }>({
      name: 'record-batches',
      text: recordStatement,
      values: [
        batches.map(({ endpointId }) => endpointId),
        batches.map(({ owner }) => owner),
        batches.map(({ first }) => first),
        batches.map(({ last }) => last),
        batches.map(({ isSplit }) => isSplit),
      ],
    }),
  )
  const owners = new Map(rows.map((row) => [row.endpoint_id, row.owner]))
  return records.map(({ endpointId, owner }) => owners.get(endpointId) === owner)
}

const recordStatement = `
  WITH held AS (
    SELECT endpoint_id, owner, position FROM cursors WHERE endpoint_id = ANY($1)
    ORDER BY endpoint_id FOR NO KEY UPDATE
  ), recorded AS (
    INSERT INTO batches (endpoint_id, first, last, is_split)
    SELECT endpoint_id, first, last, is_split
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::boolean[])
      AS batch (endpoint_id, owner, first, last, is_split)
    JOIN held USING (endpoint_id, owner)
    ON CONFLICT (endpoint_id, first) DO UPDATE SET last = excluded.last, is_split = excluded.is_split
  ), passed AS (
    DELETE FROM batches USING held
    WHERE batches.endpoint_id = ANY($1)
      AND batches.endpoint_id = held.endpoint_id AND batches.last <= held.position
  )
  SELECT endpoint_id, owner FROM held`
