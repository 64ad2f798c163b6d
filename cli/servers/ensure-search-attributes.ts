import { setTimeout as delay } from 'node:timers/promises'
import { Connection } from '@temporalio/client'
import { searchAttributes } from '../../lib/topology.ts'

/** `INDEXED_VALUE_TYPE_KEYWORD` of Temporal's protocol. */
const keyword = 2
/** A server that has just started may not take requests to its operator service yet. */
const attempts = 10
const retryMs = 500

/**
 * Creates the search attributes of the topology on a Temporal server that somebody else runs. Idempotent. Rejects where
 * the server refuses, after some attempts.
 */
export async function ensureSearchAttributes(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address })
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await createMissing(connection, namespace)
        return
      } catch (error) {
        if (attempt === attempts) throw error
      }
      await delay(retryMs)
    }
  } finally {
    await connection.close()
  }
}

async function createMissing({ operatorService }: Connection, namespace: string): Promise<void> {
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace })
  const missing = searchAttributes.filter((name) => !(name in customAttributes))
  if (missing.length === 0) return
  await operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map((name) => [name, keyword])),
  })
}
