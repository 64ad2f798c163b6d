import { createConcurrencyLimit } from './create-concurrency-limit.ts'
import { createGate } from './create-gate.ts'
import type { HostLimiter } from './create-host-limiter.ts'
import { createPacer } from './create-pacer.ts'
import type { Sender } from './create-sender.ts'
import type { EndpointTarget } from './delivery-journal.ts'

/** The limits of an endpoint's claim. */
export type LaneLimits = Pick<EndpointTarget, 'maxConcurrency' | 'maxRate'>

/** The way to one endpoint: whatever this process sends to it goes here, within the same limits. */
export interface Lane {
  readonly sender: Sender
  /** Requests under way. */
  readonly inFlight: number
  /**
   * Takes a place for one request of so many messages and returns 0, or returns after how many ms to ask again. `onFree`
   * may be called before that. Steps back behind those that wait by `takeWithin`.
   */
  take(messages: number, onFree: () => void): number
  /** Waits for a place for one message; false where there was none within `timeoutMs`, or before `stop`. */
  takeWithin(timeoutMs: number, stop: AbortSignal): Promise<boolean>
  /** Gives a place back. `startedAtMs`, of `performance.now()`, only where the messages arrived. */
  release(startedAtMs?: number): void
  /** The endpoint's claim as it is now. */
  adapt(limits: LaneLimits): void
  /** The endpoint was in trouble: go on with one request at a time. */
  probe(): void
}

/** What a lane needs. */
export interface LaneOptions {
  readonly host: string
  readonly limits: LaneLimits
  readonly sender: Sender
  readonly hosts: HostLimiter
}

/** Whatever a claim says, requests side by side to one endpoint: it must not take all sockets of a process. */
export const maxConcurrency = 64
/** Who waits looks after this time even if nobody told: places of a host may become free without a call. */
const pollMs = 1_000

/** Creates a lane on which nothing is under way. */
export function createLane({ sender, ...options }: LaneOptions): Lane {
  const places = createPlaces(options)
  /** Calls of `takeWithin`, and whoever was refused because of them or for want of a place. */
  const first = new Set<() => void>()
  const others = new Set<() => void>()
  const tell = () => {
    if (first.size > 0) for (const onFree of first) onFree()
    else for (const onFree of others) onFree()
  }
  return {
    sender,
    get inFlight() {
      return places.taken()
    },
    take(messages, onFree) {
      const waitMs = first.size > 0 ? Infinity : places.take(messages, onFree)
      if (waitMs === 0) others.delete(onFree)
      else others.add(onFree)
      return waitMs
    },
    async takeWithin(timeoutMs, stop) {
      const endsAt = performance.now() + timeoutMs
      const gate = createGate()
      first.add(gate.open)
      stop.addEventListener('abort', gate.open)
      try {
        for (;;) {
          const waitMs = places.take(1, gate.open)
          if (waitMs === 0) return true
          const leftMs = endsAt - performance.now()
          if (leftMs <= 0 || stop.aborted) return false
          await gate.wait(Math.min(waitMs, leftMs, pollMs))
        }
      } finally {
        gate.close()
        stop.removeEventListener('abort', gate.open)
        first.delete(gate.open)
        tell()
      }
    },
    release(startedAtMs) {
      places.release(startedAtMs)
      tell()
    },
    adapt: (limits) => places.adapt(limits),
    probe: () => places.probe(),
  }
}

/** The places of an endpoint: what its claim, its pace and its host let it have. */
function createPlaces({ host, limits, hosts }: Omit<LaneOptions, 'sender'>) {
  let current = limits
  let limit = createConcurrencyLimit(capOf(limits), false)
  let pacer = createPacer(limits.maxRate)
  let taken = 0
  return {
    taken: () => taken,
    take(messages: number, onFree: () => void): number {
      if (taken >= limit.current()) return Infinity
      // The first request of an endpoint needs no place of its host: a host full of tarpits starves nobody.
      const isFirst = taken === 0
      if (!isFirst && !hosts.take(host, onFree)) return Infinity
      const waitMs = pacer.take(performance.now(), messages)
      if (waitMs === 0) taken += 1
      else if (!isFirst) hosts.release(host)
      return waitMs
    },
    release(startedAtMs: number | undefined) {
      if (startedAtMs !== undefined)
        limit.note({ startedAtMs, endedAtMs: performance.now(), inFlight: taken })
      taken -= 1
      if (taken > 0) hosts.release(host)
    },
    adapt(next: LaneLimits) {
      if (capOf(next) !== capOf(current)) limit = createConcurrencyLimit(capOf(next), false)
      if (next.maxRate !== current.maxRate) pacer = createPacer(next.maxRate)
      current = next
    },
    probe: () => void (limit = createConcurrencyLimit(capOf(current), true)),
  }
}

function capOf({ maxConcurrency: cap = maxConcurrency }: LaneLimits): number {
  return Math.min(cap, maxConcurrency)
}
