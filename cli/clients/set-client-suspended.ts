import { setIdentitySuspended } from '../../gateway/authentication/describe-identity.ts'
import { setSuspended } from '../../gateway/authorisation/grants.ts'
import type { Administration } from './with-administration.ts'

/**
 * Refuses a client new tokens of both kinds, or gives them again; whoever has an authentication token is refused by
 * authorisation. After a crash in between the same call completes it. Throws `IpsError('client-unknown')`.
 */
export async function setClientSuspended(
  { authentication, authorisation }: Administration,
  client: { clientId: string; suspended: boolean },
): Promise<void> {
  await setSuspended(authorisation, client)
  await setIdentitySuspended(authentication, client)
}
