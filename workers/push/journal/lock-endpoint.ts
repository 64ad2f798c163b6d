import type { PoolClient } from '../../../lib/postgres/create-pool.ts'

/** Until the transaction ends nobody else appends to the endpoint, or puts it to sleep. */
export async function lockEndpoint(client: PoolClient, endpointId: string): Promise<void> {
  await client.query({
    name: 'lock-endpoint',
    text: 'SELECT FROM endpoints WHERE endpoint_id = $1 FOR NO KEY UPDATE',
    values: [endpointId],
  })
}
