import type { Rights } from '../grants.ts'
import type { ClientGrants } from '../read-grants.ts'
import { isStoreUnavailable, type StoreGuard } from '../../create-store-guard.ts'
import { deliveredRights } from './degraded-rights.ts'
import type { LastKnownGood } from './last-known-good.ts'

/** What is granted to a client, as well as it can be known. */
export interface KnownClient {
  /** As the store says, or as it last said; `undefined` where there is no such client. */
  readonly grants: ClientGrants | undefined
  /** The same, but nothing that another request has just seen taken away: what a degraded token may hold. */
  readonly confirmed: ClientGrants | undefined
  /** What full tokens have carried of rights that send something out. */
  readonly delivered: Rights
  /** True where the store is away, and this is remembered. */
  readonly remembered: boolean
  /** For how long degraded tokens may live by it. */
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
  const recall = (clientId: string) => {
    const { known, remainingMs = 0 } = memory.find(clientId) ?? {}
    return {
      confirmed: known?.grants,
      delivered: known?.delivered ?? {},
      remainingSeconds: remainingMs / 1_000,
    }
  }
  return {
    async read(clientId) {
      const reading = memory.begin()
      try {
        const grants = await guard.run(() => readOne(clientId))
        memory.record(reading, clientId, grants)
        return { ...recall(clientId), grants, remembered: false }
      } catch (error) {
        if (!isStoreUnavailable(error)) throw error
        const recalled = recall(clientId)
        if (recalled.remainingSeconds === 0) throw error
        return { ...recalled, grants: recalled.confirmed, remembered: true }
      }
    },
    noteDelivery: (clientId, claims) => memory.noteDelivery(clientId, deliveredRights(claims)),
  }
}
