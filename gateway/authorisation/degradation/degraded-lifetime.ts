/**
 * How long a degraded token lives: `ttlSeconds` less up to half at random, evenly. Clients that renewed together, as all do
 * after a moment of trouble, then come back over half of that time, at twice their mean rate at most; a tenth, as full tokens
 * have it, would be ten times. No token outlives `remainingSeconds`, and where not even the shortest life fits, there is none:
 * `undefined`. `random` is from 0 to below 1.
 */
export function degradedLifetime(
  ttlSeconds: number,
  remainingSeconds: number,
  random: number,
): number | undefined {
  const shortestSeconds = Math.ceil(ttlSeconds / 2)
  if (remainingSeconds < shortestSeconds) return undefined
  const spread = ttlSeconds - shortestSeconds + 1
  return Math.min(shortestSeconds + Math.floor(random * spread), Math.floor(remainingSeconds))
}
