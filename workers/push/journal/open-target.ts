import type { EndpointTarget } from '../../../activities/delivery/delivery-journal.ts'
import type { SecretBox } from './create-secret-box.ts'
import { readEndpointSettings } from './endpoint-settings.ts'

/** What the journal has of an endpoint, as it lies in the database. */
export interface TargetRow {
  readonly endpoint_id: string
  readonly client_id: string
  readonly sealed: Buffer
  readonly settings: unknown
  readonly former_sealed: Buffer | null
  readonly former_until: Date | null
}

/** Decrypts what is needed to send to an endpoint. Throws `IpsError('secret-unreadable')`, not retryable. */
export function openTarget(box: SecretBox, row: TargetRow): EndpointTarget {
  const { url, secret } = box.open(row.endpoint_id, row.sealed)
  const target = { clientId: row.client_id, url, secret, ...readEndpointSettings(row.settings) }
  if (row.former_sealed === null || row.former_until === null) return target
  const former = box.open(row.endpoint_id, row.former_sealed).secret
  const until = row.former_until.getTime()
  // Before the journal kept a digest of the secret alone, any change of the settings looked like one of the secret.
  return former === secret ? target : { ...target, formerSecret: { secret: former, until } }
}
