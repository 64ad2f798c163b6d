import type { Rights } from '../grants.ts'
import type { ClientGrants } from '../read-grants.ts'
import { isStoreUnavailable, type StoreGuard } from './create-store-guard.ts'
import { deliveredRights } from './degraded-rights.ts'
import type { LastKnownGood } from './last-known-good.ts'

/** What is granted to a client, as well as it can be known. */
export interface KnownClient {
  /** `undefined` where there is no such client. */
  readonly grants: ClientGrants | undefined
  /** What full tokens have carried of rights that send something out. */
  readonly delivered: Rights
  /** True where the store is away, and the grants are the last known ones. */
  readonly remembered: boolean
  /** For how long they count; without end where they have just been read. */
  readonly remainingSeconds: number
}

/** Where the endpoint reads grants. */
export interface GrantsSource {
  /**
   * Reads the store, or remembers where that is away. Throws `IpsError('store-unavailable')`, retryable, where nothing is
   * known either or it is too old, and `IpsError('secret-unreadable')`.
   */
  read(clientId: string): Promise<KnownClient>
  /** Notes the claims that a full token is issued with, as they are granted. */
  noteDelivery(clientId: string, claims: Rights): void
}

/** Creates a source that asks `readOne`, and remembers what it said in `memory`. */
export function createGrantsSource(options: {
  readonly readOne: (clientId: string) => Promise<ClientGrants | undefined>
  readonly guard: StoreGuard
  readonly memory: LastKnownGood
}): GrantsSource {
  const { readOne, guard, memory } = options
  return {
    async read(clientId) {
      const reading = memory.begin()
      try {
        const grants = await guard.run(() => readOne(clientId))
        memory.record(reading, clientId, grants)
        const delivered = memory.find(clientId)?.delivered ?? {}
        return { grants, delivered, remembered: false, remainingSeconds: Infinity }
      } catch (error) {
        const known = isStoreUnavailable(error) ? memory.find(clientId) : undefined
        const remainingSeconds = memory.remainingMs(clientId) / 1_000
        if (known === undefined || remainingSeconds === 0) throw error
        return { ...known, remembered: true, remainingSeconds }
      }
    },
    noteDelivery: (clientId, claims) => memory.noteDelivery(clientId, deliveredRights(claims)),
  }
}
