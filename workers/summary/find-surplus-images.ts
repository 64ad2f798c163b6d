import type { Pool } from '../../lib/postgres/create-pool.ts'
import type { TransactionKey } from '../../activities/summary/transaction-record.ts'
import { translateJournalError } from './translate-journal-error.ts'

/**
 * Images of one transaction's summary at most: twice as many as can be announced. A client that never changes its
 * transaction id would otherwise make a summary of everything it ever sent, again after each pause.
 */
export const maxTransactionImages = 2_000

/** An image of a transaction. */
export interface ImageKey extends TransactionKey {
  readonly imageId: string
}

/** Rows that are new to their transaction are counted on from those that it has. */
const statement = `
WITH wanted AS (
  SELECT DISTINCT * FROM unnest($1::text[], $2::text[], $3::text[]) AS w (client_id, correlation_id, image_id)
), counts AS (
  SELECT client_id, correlation_id, count(i.image_id) AS images
  FROM (SELECT DISTINCT client_id, correlation_id FROM wanted) AS t
  LEFT JOIN images AS i USING (client_id, correlation_id)
  GROUP BY client_id, correlation_id
), fresh AS (
  SELECT *, row_number() OVER (PARTITION BY client_id, correlation_id ORDER BY image_id) AS position
  FROM wanted AS w
  WHERE NOT EXISTS (
    SELECT FROM images AS i WHERE i.client_id = w.client_id AND i.correlation_id = w.correlation_id
      AND i.image_id = w.image_id
  )
)
SELECT client_id, correlation_id, image_id FROM fresh JOIN counts USING (client_id, correlation_id)
WHERE images + position > $4`

/**
 * Says which of these images are too many for their transactions: neither in the journal nor among the first
 * `maxImages`. Throws as the journal does.
 */
export function findSurplusImages(
  pool: Pool,
  images: readonly ImageKey[],
  maxImages = maxTransactionImages,
): Promise<ImageKey[]> {
  return translateJournalError(async () => {
    const values = [
      images.map(({ clientId }) => clientId),
      images.map(({ correlationId }) => correlationId),
      images.map(({ imageId }) => imageId),
      maxImages,
    ]
    const { rows } = await pool.query<{
      client_id: string
      correlation_id: string
      image_id: string
    }>({ name: 'surplus', text: statement, values })
    return rows.map((row) => ({
      clientId: row.client_id,
      correlationId: row.correlation_id,
      imageId: row.image_id,
    }))
  })
}
