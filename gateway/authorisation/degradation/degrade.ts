import { narrowRights } from '../narrow-rights.ts'
import type { Rights } from '../grants.ts'
import { degradedLifetime } from './degraded-lifetime.ts'
import { degradedRights } from './degraded-rights.ts'

/** What a degraded token may say, before its claims are completed; or why there is none. */
export type Degraded =
  { readonly claims: Rights; readonly lifetimeSeconds: number } | 'too-old' | 'nothing-left'

/**
 * Decides about a degraded token: of the scope asked for, or of everything, what `degradedRights` leaves; for no longer than
 * what is known counts. Throws `OAuthError`, `invalid_scope`, for a scope beyond the grants, like a full token's.
 */
export function degrade(request: {
  /** As they were when they could last be read. */
  readonly claims: Rights
  readonly delivered: Rights
  readonly scope: string | undefined
  readonly ttlSeconds: number
  readonly remainingSeconds: number
  /** From 0 to below 1. */
  readonly random: number
}): Degraded {
  const lifetimeSeconds = degradedLifetime(
    request.ttlSeconds,
    request.remainingSeconds,
    request.random,
  )
  if (lifetimeSeconds === undefined) return 'too-old'
  const claims = degradedRights(narrowRights(request.claims, request.scope), request.delivered)
  return Object.keys(claims).length === 0 ? 'nothing-left' : { claims, lifetimeSeconds }
}
