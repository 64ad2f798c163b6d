/** The claim with a client's endpoint. */
export const pushClaim = 'push-1'

/** The URL of a push claim's value; empty where it has none. */
export function urlOfPushClaim(claim: unknown): string {
  if (typeof claim === 'string') return claim
  const { url } = Object(claim) as { url?: unknown }
  return typeof url === 'string' ? url : ''
}
