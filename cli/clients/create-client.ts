import { createIdentity } from '../../gateway/authentication/identities.ts'
import { claimsOfNewClient } from '../../gateway/authorisation/default-claims.ts'
import {
  createClientRecord,
  type Rights,
  type WebhookKeys,
} from '../../gateway/authorisation/grants.ts'
import type { Administration } from './with-administration.ts'

/** What is printed once about a new client. */
export interface NewClient extends WebhookKeys {
  readonly clientId: string
  readonly clientSecret: string
}

/**
 * Creates a client in both databases: its rights first, then its identity, by which it begins to exist. After a crash in
 * between the same call does everything again. Throws `IpsError('client-exists')` and changes nothing where there is one.
 */
export async function createClient(
  { authentication, authorisation, box }: Administration,
  client: { name: string; webhook?: string; claims?: Rights },
): Promise<NewClient> {
  const clientId = client.name
  const claims = claimsOfNewClient(client)
  const { secret, prepared } = await createIdentity(authentication, clientId, () =>
    createClientRecord(authorisation, box, { clientId, claims }),
  )
  return { clientId, clientSecret: secret, ...prepared }
}
