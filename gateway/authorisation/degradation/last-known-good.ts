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
  /** What is known of a client, and for how long it still counts: not at all with 0. */
  find(clientId: string): { readonly known: KnownGrants; readonly remainingMs: number } | undefined
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
  let order = 0
  /** A look from before must not bring back what may have been seen, and forgotten, since. */
  let forgottenOrder = 0
  const entries = createEntries(size, ({ known }) => {
    forgottenOrder = Math.max(forgottenOrder, known.recordedOrder)
  })

  return {
    begin: () => ({ order: ++order, at: clock() }),
    record(reading, clientId, grants) {
      const entry = entries.get(clientId)
      if (entry === undefined && reading.order <= forgottenOrder) {
        forgottenOrder = ++order
        return
      }
      entries.setNewest(clientId, {
        known: recordReading(entry?.known, reading, grants, ++order),
        askedAt: clock(),
        maxAgeMs: entry?.maxAgeMs ?? maxAgeMs - random() * spreadMs,
      })
    },
    refresh(reading, clientId, grants) {
      const recordedOrder = ++order
      const entry = entries.get(clientId)
      if (entry === undefined) forgottenOrder = recordedOrder
      else {
        const known = recordReading(entry.known, reading, grants, recordedOrder)
        entries.replace(clientId, { ...entry, known })
      }
    },
    noteDelivery(clientId, rights) {
      const entry = entries.get(clientId)
      if (entry === undefined) return
      entries.replace(clientId, { ...entry, known: recordDelivery(entry.known, rights) })
    },
    find(clientId) {
      const entry = entries.get(clientId)
      if (entry === undefined) return undefined
      const now = clock()
      entries.setNewest(clientId, { ...entry, askedAt: now })
      const { known } = entry
      return { known, remainingMs: Math.max(0, entry.maxAgeMs - ageMs(known, now)) }
    },
    clients() {
      const { elapsedMs } = clock()
      return entries.keep(({ askedAt }) => elapsedMs - askedAt.elapsedMs <= maxIdleMs)
    },
  }
}

/** Entries of at most `size` clients, in the order in which they asked. */
function createEntries(size: number, onForget: (entry: Entry) => void) {
  // A Map iterates in the order of insertion: its first key is the one that asked least recently.
  const entries = new Map<string, Entry>()
  const forget = (clientId: string, entry: Entry) => {
    entries.delete(clientId)
    onForget(entry)
  }
  return {
    get: (clientId: string) => entries.get(clientId),
    replace(clientId: string, entry: Entry) {
      entries.set(clientId, entry)
    },
    setNewest(clientId: string, entry: Entry) {
      entries.delete(clientId)
      entries.set(clientId, entry)
      const [oldest] = entries.size > size ? entries : []
      if (oldest !== undefined) forget(...oldest)
    },
    /** Forgets who does not pass, and names the others. */
    keep(passes: (entry: Entry) => boolean): string[] {
      for (const [clientId, entry] of entries) if (!passes(entry)) forget(clientId, entry)
      return [...entries.keys()]
    },
  }
}
