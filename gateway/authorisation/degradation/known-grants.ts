import { isDeepStrictEqual } from 'node:util'
import type { Rights } from '../grants.ts'
import type { ClientGrants } from '../read-grants.ts'

/** A moment on two clocks: one that only runs forward but may stand still with its machine, and the time of day. */
export interface Instant {
  readonly elapsedMs: number
  readonly timeMs: number
}

/** A look into the store that has begun. `order` counts the beginnings and the records of all of a process. */
export interface GrantsReading {
  readonly order: number
  readonly at: Instant
}

/** What a process knows of a client from looks that succeeded. */
export interface KnownGrants {
  /** `undefined` where the store said that there is no such client. */
  readonly grants: ClientGrants | undefined
  /** The beginning of the look that says so. */
  readonly readAt: Instant
  /** When that was recorded, on the scale of `GrantsReading.order`. */
  readonly recordedOrder: number
  /** Rights as they were granted when a full token last carried them. */
  readonly delivered: Rights
}

/**
 * What is known after a look has ended. A look that began after the former one was recorded replaces it. Of two that
 * overlap nobody can say which saw the later state: only what both saw remains, so that nothing that was taken away
 * comes back.
 */
export function recordReading(
  known: KnownGrants | undefined,
  reading: GrantsReading,
  grants: ClientGrants | undefined,
  recordedOrder: number,
): KnownGrants {
  if (known === undefined) return { grants, readAt: reading.at, recordedOrder, delivered: {} }
  if (reading.order > known.recordedOrder) {
    return { ...known, grants, readAt: reading.at, recordedOrder }
  }
  return {
    ...known,
    grants: commonGrants(known.grants, grants),
    readAt: later(known.readAt, reading.at),
    recordedOrder,
  }
}

/** What is known after a full token has carried these rights. */
export function recordDelivery(known: KnownGrants, rights: Rights): KnownGrants {
  return { ...known, delivered: { ...known.delivered, ...rights } }
}

/** How old knowledge is by the clock that says more: no clock that stands still or is set back makes it younger. */
export function ageMs({ readAt }: KnownGrants, now: Instant): number {
  return Math.max(now.elapsedMs - readAt.elapsedMs, now.timeMs - readAt.timeMs)
}

function commonGrants(
  one: ClientGrants | undefined,
  other: ClientGrants | undefined,
): ClientGrants | undefined {
  if (one === undefined || other === undefined) return undefined
  const claims = Object.entries(one.claims).filter(
    ([claim, value]) =>
      Object.hasOwn(other.claims, claim) && isDeepStrictEqual(value, other.claims[claim]),
  )
  return {
    ...one,
    suspended: one.suspended || other.suspended,
    claims: Object.fromEntries(claims),
  }
}

function later(one: Instant, other: Instant): Instant {
  return one.elapsedMs < other.elapsedMs ? other : one
}
