import type { TokenMembers } from './read-signed-token.ts'
import { rightsOf } from './token-format.ts'
import type { VerifiedToken } from './verified-token.ts'

/** What services see of a token. Frozen all the way down, since callers share it. */
export function toVerifiedToken(members: TokenMembers): VerifiedToken {
  return Object.freeze({
    clientId: members.sub,
    rights: freezeDeeply(rightsOf(members)),
    issuedAt: new Date(members.iat * 1_000),
    expiresAt: new Date(members.exp * 1_000),
    degraded: members.degraded ?? false,
  })
}

function freezeDeeply<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(freezeDeeply)
    Object.freeze(value)
  }
  return value
}
