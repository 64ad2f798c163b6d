import type { EndpointTarget } from '../../../activities/delivery/delivery-journal.ts'
import type { ClientKeys } from '../../../lib/client-keys/create-client-keys.ts'
import type { EndpointSecrets, SecretBox } from './create-secret-box.ts'
import { readEndpointSettings } from './endpoint-settings.ts'
import { openEndpoint } from './sealed-columns.ts'

/** What the journal has of an endpoint, as it lies in the database. */
export interface TargetRow {
  readonly endpoint_id: string
  readonly client_id: string
  readonly client_sealed: Buffer | null
  /** With the service's key, from before clients had their own. */
  readonly sealed: Buffer | null
  readonly settings: unknown
  readonly former_client_sealed: Buffer | null
  readonly former_sealed: Buffer | null
  readonly former_until: Date | null
}

/** SQL: the columns of a `TargetRow`. */
export const targetColumns = `endpoints.endpoint_id, endpoints.client_id, endpoints.client_sealed, endpoints.sealed,
  endpoints.settings, endpoints.former_client_sealed, endpoints.former_sealed, endpoints.former_until`

/** What opens the secrets of endpoints. */
export interface EndpointOpeners {
  readonly keys: ClientKeys
  readonly box: Pick<SecretBox, 'open'>
}

/**
 * Decrypts what is needed to send to an endpoint. Throws `IpsError('secret-unreadable')`, not retryable, and what
 * `ClientKeys.existingKey` throws.
 */
export async function openTarget(
  openers: EndpointOpeners,
  row: TargetRow,
): Promise<EndpointTarget> {
  const current = await open(openers, row, row.client_sealed, row.sealed)
  const { url, secret } = current ?? { url: '', secret: '' }
  const target = { clientId: row.client_id, url, secret, ...readEndpointSettings(row.settings) }
  const former = await open(openers, row, row.former_client_sealed, row.former_sealed)
  // Before the journal kept a digest of the secret alone, any change of the settings looked like one of the secret.
  if (former === undefined || row.former_until === null || former.secret === secret) return target
  const until = row.former_until.getTime()
  return { ...target, formerSecret: { secret: former.secret, until } }
}

async function open(
  { keys, box }: EndpointOpeners,
  { endpoint_id: endpointId, client_id: clientId }: TargetRow,
  clientSealed: Buffer | null,
  sealed: Buffer | null,
): Promise<EndpointSecrets | undefined> {
  if (clientSealed !== null) {
    return openEndpoint(await keys.existingKey(clientId), endpointId, clientSealed)
  }
  return sealed === null ? undefined : box.open(endpointId, sealed)
}
