import { listAuditEvents } from '../../gateway/authentication/audit-events.ts'
import {
  describeIdentity,
  type DescribedIdentity,
} from '../../gateway/authentication/describe-identity.ts'
import { findClaims } from '../../gateway/authorisation/grants.ts'
import { readLimit } from '../operations/read-limit.ts'
import type { Environment } from '../setup/read-setup.ts'
import { formatTable, say } from '../terminal.ts'
import { claimsWithoutUrls } from './format-clients.ts'
import { administer } from './with-administration.ts'

/** Prints what is known of a client: its state, its rights, and by what it may show who it is, without any secret. */
export async function show(
  environment: Environment,
  name: string,
  { json = false }: { json?: boolean },
): Promise<void> {
  const client = await administer(environment, async ({ authentication, authorisation }) => ({
    ...(await describeIdentity(authentication, name)),
    claims: claimsWithoutUrls((await findClaims(authorisation, name)) ?? {}),
  }))
  say(json ? JSON.stringify(client) : formatTable(identityRows(client)))
}

/** Prints what was decided about a client, the latest first; without a name, about names that no client has. */
export async function audit(
  environment: Environment,
  name: string | undefined,
  { json = false, limit: limitText }: { json?: boolean; limit: string },
): Promise<void> {
  const limit = readLimit(limitText)
  const events = await administer(environment, async ({ authentication }) => {
    if (name !== undefined) await describeIdentity(authentication, name)
    return listAuditEvents(authentication, { clientId: name, limit })
  })
  const rows = events.map(({ event, reason, credential, times, firstAt, lastAt }) => [
    lastAt.toISOString(),
    event,
    reason,
    credential,
    times === 1 ? '' : `${times} times since ${firstAt.toISOString()}`,
  ])
  const head = ['last', 'event', 'reason', 'secret or key', '']
  say(json ? JSON.stringify(events) : formatTable([head, ...rows]))
}

function identityRows(client: DescribedIdentity & { claims: object }): string[][] {
  const end = (expiresAt: Date | null) => expiresAt?.toISOString() ?? 'none'
  return [
    ['client', client.clientId],
    ['state', client.state],
    ['created', client.createdAt.toISOString()],
    ...client.secrets.map(({ secretId, createdAt, expiresAt }) => [
      `secret ${secretId}`,
      `since ${createdAt.toISOString()}, end: ${end(expiresAt)}`,
    ]),
    ...client.keys.map(({ kid, alg, createdAt }) => [
      `key ${kid}`,
      `${alg}, since ${createdAt.toISOString()}`,
    ]),
    ...Object.entries(client.claims).map(([claim, value]) => [claim, JSON.stringify(value)]),
  ]
}
