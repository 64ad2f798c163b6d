import type { Rights } from '../../gateway/authorisation/grants.ts'
import type { OpenServers } from './with-servers.ts'
import { clientUnknown } from '../../gateway/client-unknown.ts'

/** What a client is granted. Throws `IpsError('client-unknown')` where there is none of this name. */
export async function claimsOf(
  { findClaims }: Pick<OpenServers, 'findClaims'>,
  clientId: string,
): Promise<Rights> {
  const claims = await findClaims(clientId)
  if (claims === undefined) throw clientUnknown(clientId)
  return claims
}
