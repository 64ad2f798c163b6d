import { IpsError } from '../../lib/errors/ips-error.ts'
import { pushClaim, urlOfPushClaim } from '../../lib/token/push-claim.ts'
import type { EndpointRecord } from '../../workers/push/journal/find-endpoints.ts'
import { endpointIdOf } from '../../workers/push/read-push-record.ts'
import { claimsOf } from './claims-of.ts'
import type { Operations } from './operations.ts'

/** Which endpoints are meant: all of a client, or one of them. */
export interface EndpointSelection {
  readonly clientId: string
  readonly endpointId?: string
}

/** At least one. */
export type EndpointRecords = readonly [EndpointRecord, ...EndpointRecord[]]

/**
 * Finds endpoints, the newest first. Where nothing was ever to be delivered, it is the one that the client's rights name.
 * Throws `IpsError('client-unknown')`, `IpsError('endpoint-unused')` where a client has no webhook and never had a message
 * for one, or `IpsError('endpoint-unknown')` where it has no such endpoint.
 */
export async function findEndpoints(
  operations: Pick<Operations, 'journal' | 'findClaims'>,
  { clientId, endpointId }: EndpointSelection,
): Promise<EndpointRecords> {
  const used = await operations.journal.findEndpoints(clientId)
  const known = used.length > 0 ? used : [await findUnused(operations, clientId)]
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

async function findUnused(
  operations: Pick<Operations, 'findClaims'>,
  clientId: string,
): Promise<EndpointRecord> {
  const claims = await claimsOf(operations, clientId)
  const url = URL.parse(urlOfPushClaim(claims[pushClaim]))
  if (url === null)
    throw new IpsError('endpoint-unused', `${clientId} has no webhook: grant it ${pushClaim}`)
  return {
    ...{ clientId, endpointId: endpointIdOf({ clientId, url: url.href }), host: url.host },
    ...{ state: 'idle', failures: 0, backlog: 0, inFlight: 0, retrying: 0, dead: 0 },
    tokenIssuedAt: 0,
  }
}
