import { withTransaction, type Pool } from '../../../lib/postgres/create-pool.ts'
import { onJournal } from '../../../lib/journal/on-journal.ts'
import { lockEndpoint } from './lock-endpoint.ts'

/**
 * Clears `awake` where nothing comes after a position, and notes that the endpoint is idle. The look is a statement of its
 * own, after the lock: a snapshot taken before it would miss what an append that held the lock has just committed. Throws
 * `IpsError('journal-unavailable')`, retryable.
 */
export async function fallAsleep(pool: Pool, endpointId: string, after: number): Promise<boolean> {
  return onJournal('falling asleep', () =>
    withTransaction(pool, async (client) => {
      await lockEndpoint(client, endpointId)
      const { rowCount } = await client.query({
        name: 'look-beyond',
        text: 'SELECT FROM deliveries WHERE endpoint_id = $1 AND position > $2 LIMIT 1',
        values: [endpointId, after],
      })
      if (rowCount !== 0) return false
      await client.query({
        name: 'put-to-sleep',
        text: `
          WITH asleep AS (
            UPDATE endpoints SET awake = false WHERE endpoint_id = $1
          )
          UPDATE cursors SET state = 'idle', in_flight = 0, updated_at = now()
          WHERE endpoint_id = $1`,
        values: [endpointId],
      })
      return true
    }),
  )
}
