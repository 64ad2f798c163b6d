import type { Rights } from '../grants.ts'
import type { ClientGrants } from '../read-grants.ts'
import {
  ageMs,
  recordDelivery,
  recordReading,
  type GrantsReading,
  type Instant,
  type KnownGrants,
} from './known-grants.ts'

/** A client that has asked for nothing for so long holds no token any more, whatever its settings (at most a day). */
const maxIdleMs = 24 * 60 * 60 * 1_000

/** What a process remembers of clients' grants, in memory only. */
export interface LastKnownGood {
  /** Call before a look into the store; its result is recorded with what this returns. */
  begin(): GrantsReading
  /** Records what the store said to a client's own request. */
  record(reading: GrantsReading, clientId: string, grants: ClientGrants | undefined): void
  /** Records what the store said when nobody asked; nothing is kept of a client that is not known. */
  refresh(reading: GrantsReading, clientId: string, grants: ClientGrants | undefined): void
  /** Notes which rights a full token carries. */
  noteDelivery(clientId: string, rights: Rights): void
  /** What is known of a client, at whatever age. */
  find(clientId: string): KnownGrants | undefined
  /** For how long tokens may still live by that knowledge; 0 where it is too old. */
  remainingMs(clientId: string): number
  /** Everybody who has asked lately. */
  clients(): string[]
}

interface Entry {
  readonly known: KnownGrants
  readonly askedAt: Instant
  /** Each client's own limit: not all of them end in the same second. */
  readonly maxAgeMs: number
}

/**
 * Creates a memory of at most `size` clients that forgets who has asked least recently. Knowledge counts for `maxAgeMs`, less
 * up to `spreadMs` at random.
 */
export function createLastKnownGood(options: {
  readonly size: number
  readonly maxAgeMs: number
  readonly spreadMs: number
  readonly clock: () => Instant
  readonly random: () => number
}): LastKnownGood {
  const { size, maxAgeMs, spreadMs, clock, random } = options
  // A Map iterates in the order of insertion: its first key is the one that asked least recently.
  const entries = new Map<string, Entry>()
  let order = 0
  /** A look from before must not bring back what may have been forgotten since. */
  let forgottenOrder = 0

  const forget = (clientId: string, { known }: Entry) => {
    entries.delete(clientId)
    forgottenOrder = Math.max(forgottenOrder, known.recordedOrder)
  }
  const put = (clientId: string, entry: Entry) => {
    entries.delete(clientId)
    entries.set(clientId, entry)
    const [oldest] = entries.size > size ? entries : []
    if (oldest !== undefined) forget(...oldest)
  }

  return {
    begin: () => ({ order: ++order, at: clock() }),
    record(reading, clientId, grants) {
      const entry = entries.get(clientId)
      if (entry === undefined && reading.order <= forgottenOrder) return
      put(clientId, {
        known: recordReading(entry?.known, reading, grants, ++order),
        askedAt: clock(),
        maxAgeMs: entry?.maxAgeMs ?? maxAgeMs - random() * spreadMs,
      })
    },
    refresh(reading, clientId, grants) {
      const entry = entries.get(clientId)
      if (entry === undefined) return
      const known = recordReading(entry.known, reading, grants, ++order)
      entries.set(clientId, { ...entry, known })
    },
    noteDelivery(clientId, rights) {
      const entry = entries.get(clientId)
      if (entry === undefined) return
      entries.set(clientId, { ...entry, known: recordDelivery(entry.known, rights) })
    },
    find(clientId) {
      const entry = entries.get(clientId)
      if (entry === undefined) return undefined
      put(clientId, { ...entry, askedAt: clock() })
      return entry.known
    },
    remainingMs(clientId) {
      const entry = entries.get(clientId)
      return entry === undefined ? 0 : Math.max(0, entry.maxAgeMs - ageMs(entry.known, clock()))
    },
    clients() {
      const { elapsedMs } = clock()
      for (const [clientId, entry] of entries) {
        if (elapsedMs - entry.askedAt.elapsedMs > maxIdleMs) forget(clientId, entry)
      }
      return [...entries.keys()]
    },
  }
}
