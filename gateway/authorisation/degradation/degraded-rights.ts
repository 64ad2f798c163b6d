import { isDeepStrictEqual } from 'node:util'
import { isWithin, parseClaimName } from '../../../lib/token/claim-name.ts'
import { visionServices } from '../../../lib/topology.ts'
import type { Rights } from '../grants.ts'

/**
 * Services whose work can be done again without harm, and whose results go nowhere by themselves. The summary is one: it
 * is made from results by their ids, and without it the images of an outage would be missing from their transactions.
 */
const idempotentServices: ReadonlySet<string> = new Set([
  'ingest',
  'summary',
  ...Object.keys(visionServices),
])

/**
 * What of some granted rights a degraded token may hold: idempotent workloads; and what sends something out (`push`,
 * `firehose`, and whatever else may come) only as a full token has `delivered` it before: the same claim or a wider one,
 * with the same value. The secret of a push claim may be a new one: it opens no new way.
 */
export function degradedRights(rights: Rights, delivered: Rights): Rights {
  return Object.fromEntries(
    Object.entries(rights).filter(
      ([claim, value]) => isIdempotent(claim) || wasDelivered(claim, value, delivered),
    ),
  )
}

/** The rights of which it matters that a client already had them. */
export function deliveredRights(rights: Rights): Rights {
  return Object.fromEntries(Object.entries(rights).filter(([claim]) => !isIdempotent(claim)))
}

function isIdempotent(claim: string): boolean {
  return idempotentServices.has(parseClaimName(claim)?.service ?? '')
}

function wasDelivered(claim: string, value: unknown, delivered: Rights): boolean {
  const name = parseClaimName(claim)
  return Object.entries(delivered).some(([had, hadValue]) => {
    const hadName = parseClaimName(had)
    return (
      name !== undefined &&
      hadName?.service === name.service &&
      isWithin(name.version, hadName.version) &&
      isDeepStrictEqual(withoutSecret(value), withoutSecret(hadValue))
    )
  })
}

function withoutSecret(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([member]) => member !== 'secret'))
}
