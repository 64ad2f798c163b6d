import type { ListedClient, Rights } from '../../gateway/authorisation/grants.ts'
import { pushClaim, urlOfPushClaim } from '../../lib/token/push-claim.ts'

/** A client without anything that must not be shown. */
export function withoutUrls(client: ListedClient): ListedClient {
  return { ...client, claims: claimsWithoutUrls(client.claims) }
}

/** Claims without anything that must not be shown: URLs of webhooks may hold secrets, so only their host is left. */
export function claimsWithoutUrls(claims: Rights): Rights {
  const claim = claims[pushClaim]
  if (claim === undefined) return claims
  const { url: _url, ...settings } = Object(typeof claim === 'string' ? {} : claim) as {
    url?: unknown
  }
  const host = URL.parse(urlOfPushClaim(claim))?.host ?? ''
  return { ...claims, [pushClaim]: { host, ...settings } }
}

/** The rows of a table of clients: one for each claim, with its value. */
export function clientRows(clients: readonly ListedClient[]): string[][] {
  return [['name', 'state', 'created', 'claim', 'value'], ...clients.flatMap(rowsOf)]
}

function rowsOf(client: ListedClient): string[][] {
  const { clientId, suspended, createdAt, claims } = withoutUrls(client)
  const about = [clientId, suspended ? 'suspended' : 'active', createdAt.toISOString()]
  const names = Object.keys(claims).sort()
  if (names.length === 0) return [[...about, 'none']]
  return names.map((name, index) => [
    ...(index === 0 ? about : about.map(() => '')),
    name,
    JSON.stringify(claims[name]),
  ])
}
