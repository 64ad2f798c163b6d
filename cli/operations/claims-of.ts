import type { Rights } from '../../gateway/authorisation/grants.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { OpenServers } from './with-servers.ts'

/** What a client is granted. Throws `IpsError('client-unknown')` where there is none of this name. */
export async function claimsOf(
  { findClaims }: Pick<OpenServers, 'findClaims'>,
  clientId: string,
): Promise<Rights> {
  const claims = await findClaims(clientId)
  if (claims === undefined) throw new IpsError('client-unknown', `there is no client ${clientId}`)
  return claims
}
