/** The requests of a process by host, so that many slow endpoints of one never take the place of all others on it. */
export interface HostLimiter {
  /** Takes a place; without one, `onFree` is called once when there may be one again, in the order of asking. */
  take(host: string, onFree: () => void): boolean
  /** Gives a place back. */
  release(host: string): void
}

interface Host {
  taken: number
  readonly waiting: Set<() => void>
}

/** Creates a limiter of `maxPerHost` places for each host. Keeps nothing of a host without requests. */
export function createHostLimiter(maxPerHost: number): HostLimiter {
  const hosts = new Map<string, Host>()
  return {
    take(name, onFree) {
      const host = hosts.get(name) ?? { taken: 0, waiting: new Set() }
      if (host.taken >= maxPerHost) {
        host.waiting.add(onFree)
        return false
      }
      host.waiting.delete(onFree)
      host.taken += 1
      hosts.set(name, host)
      return true
    },
    release(name) {
      const host = hosts.get(name)
      if (host === undefined) return
      host.taken -= 1
      if (host.taken === 0) hosts.delete(name)
      // One place, one call: whoever does not want it any more has a request under way, whose end is its next occasion.
      const [next] = host.waiting
      if (next === undefined) return
      host.waiting.delete(next)
      next()
    },
  }
}
