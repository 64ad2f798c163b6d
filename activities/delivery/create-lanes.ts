import { createLane, type Lane, type LaneLimits } from './create-lane.ts'
import type { HostLimiter } from './create-host-limiter.ts'
import type { Sender } from './create-sender.ts'

/** The endpoints to which this process sends at the moment. */
export interface Lanes {
  /** The lane of an endpoint, the same for all who are in it. Leave it at the end. */
  enter(endpointId: string, url: URL, limits: LaneLimits): Lane
  leave(endpointId: string): void
  /** Ends every connection. */
  close(): Promise<void>
}

/** What lanes need. */
export interface LanesOptions {
  readonly hosts: HostLimiter
  /** Makes the connections to an origin. */
  readonly createSender: (origin: string) => Sender
}

/** A lane that nobody is in is kept so long: its rate holds for who comes next, and its connections are used again. */
const idleMs = 5_000
/** Of these there are so many at most: each may hold some connections. */
const maxIdle = 1_000

interface Entry {
  readonly lane: Lane
  users: number
  idle: NodeJS.Timeout | undefined
}

/** Creates lanes for no endpoint yet. */
export function createLanes({ hosts, createSender }: LanesOptions): Lanes {
  const entries = new Map<string, Entry>()
  let idles = 0
  const remove = async (endpointId: string, { lane, idle }: Entry) => {
    if (idle !== undefined) idles -= 1
    clearTimeout(idle)
    entries.delete(endpointId)
    await lane.sender.close()
  }
  return {
    enter(endpointId, { origin, host }, limits) {
      const entry = entries.get(endpointId) ?? {
        lane: createLane({ host, limits, hosts, sender: createSender(origin) }),
        users: 0,
        idle: undefined,
      }
      entries.set(endpointId, entry)
      if (entry.idle !== undefined) {
        clearTimeout(entry.idle)
        entry.idle = undefined
        idles -= 1
      }
      entry.users += 1
      entry.lane.adapt(limits)
      return entry.lane
    },
    leave(endpointId) {
      const entry = entries.get(endpointId)
      if (entry === undefined) return
      entry.users -= 1
      if (entry.users > 0) return
      if (idles >= maxIdle) void remove(endpointId, entry)
      else {
        idles += 1
        entry.idle = setTimeout(() => void remove(endpointId, entry), idleMs)
        // A process that has nothing else to do need not wait for it.
        entry.idle.unref()
      }
    },
    async close() {
      await Promise.all([...entries].map(([endpointId, entry]) => remove(endpointId, entry)))
    },
  }
}
