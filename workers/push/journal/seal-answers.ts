import type { AttemptRecord } from '../../../activities/delivery/delivery-journal.ts'
import type { ClientKeys } from '../../../lib/client-keys/create-client-keys.ts'
import type { ClientKey } from '../../../lib/client-keys/seal-content.ts'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { toAnswer } from './attempt-texts.ts'
import { sealAnswer } from './sealed-columns.ts'

/**
 * What the endpoints have answered, sealed with the keys of their clients, in base64; nothing where there was no answer, or where
 * the client was erased, is not known any more, or has no usable key: others' attempts are logged all the same. Throws what of
 * `ClientKeys.keyFor` is retryable.
 */
export async function sealAnswers(
  pool: Pool,
  keys: ClientKeys,
  logged: readonly { readonly endpointId: string; readonly attempt: AttemptRecord }[],
): Promise<(string | undefined)[]> {
  const answered = logged.filter(({ attempt }) => attempt.answer !== undefined)
  if (answered.length === 0) return logged.map(() => undefined)
  const { rows } = await pool.query<{ endpoint_id: string; client_id: string }>({
    name: 'clients-of-endpoints',
    text: 'SELECT endpoint_id, client_id FROM endpoints WHERE endpoint_id = ANY ($1)',
    values: [[...new Set(answered.map(({ endpointId }) => endpointId))]],
  })
  const clients = new Map(rows.map((row) => [row.endpoint_id, row.client_id]))
  return Promise.all(
    logged.map(async ({ endpointId, attempt: { answer } }) => {
      const clientId = clients.get(endpointId)
      if (answer === undefined || clientId === undefined) return undefined
      const key = await usableKey(keys, clientId)
      return key && sealAnswer(key, toAnswer(answer)).toString('base64')
    }),
  )
}

async function usableKey(keys: ClientKeys, clientId: string): Promise<ClientKey | undefined> {
  try {
    return await keys.keyFor(clientId)
  } catch (error) {
    if (error instanceof IpsError && !error.retryable) return undefined
    throw error
  }
}
