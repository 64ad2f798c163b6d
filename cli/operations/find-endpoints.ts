import { IpsError } from '../../lib/errors/ips-error.ts'
import type { EndpointRecord } from '../../workers/push/journal/find-endpoints.ts'
import type { Operations } from './operations.ts'

/** Which endpoints are meant: all of a client, or one of them. */
export interface EndpointSelection {
  readonly clientId: string
  readonly endpointId?: string
}

/** At least one. */
export type EndpointRecords = readonly [EndpointRecord, ...EndpointRecord[]]

/**
 * Finds endpoints, the newest first. Throws `IpsError('client-unknown')`, `IpsError('endpoint-unused')` where nothing was ever
 * to be delivered to the client, or `IpsError('endpoint-unknown')` where it has no such endpoint.
 */
export async function findEndpoints(
  { journal, isClient }: Pick<Operations, 'journal' | 'isClient'>,
  { clientId, endpointId }: EndpointSelection,
): Promise<EndpointRecords> {
  const known = await journal.findEndpoints(clientId)
  if (known.length === 0) {
    if (!(await isClient(clientId))) throw unknownClient(clientId)
    throw new IpsError(
      'endpoint-unused',
      `there was never a message for a webhook of ${clientId}: its endpoint begins to exist with the first one`,
    )
  }
  const [first, ...others] = known.filter(
    (endpoint) => endpointId === undefined || endpoint.endpointId === endpointId,
  )
  if (first !== undefined) return [first, ...others]
  const ids = known.map((endpoint) => endpoint.endpointId).join(', ')
  throw new IpsError(
    'endpoint-unknown',
    `${clientId} has no endpoint ${endpointId ?? ''}; it has ${ids}`,
  )
}

function unknownClient(clientId: string): IpsError {
  return new IpsError('client-unknown', `there is no client ${clientId}`)
}
