import { repeat } from '../../../lib/process/repeat.ts'
import type { Logger } from '../../../lib/telemetry/create-logger.ts'
import type { ClientGrants } from '../read-grants.ts'
import { isStoreUnavailable, type StoreGuard } from '../../create-store-guard.ts'
import type { LastKnownGood } from './last-known-good.ts'

/** Clients read by one statement: some milliseconds of the database, and of unsealing here. */
const chunkSize = 250

/** What the refresh needs. */
export interface GrantsRefreshOptions {
  readonly memory: LastKnownGood
  readonly guard: StoreGuard
  /** Gives an entry for each client, `undefined` where there is none of the name, and none where it cannot be read. */
  readonly readMany: (
    clientIds: readonly string[],
  ) => Promise<ReadonlyMap<string, ClientGrants | undefined>>
  readonly intervalMs: number
  readonly logger: Logger
}

/**
 * Reads the grants of known clients again, now and then, so that what is known at the beginning of an outage is no older
 * than that. `stop` resolves when nothing is under way.
 */
export function startGrantsRefresh(options: GrantsRefreshOptions): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const refresh = () =>
    refreshGrants(options, stopping.signal).catch((error: unknown) => {
      // The guard says when the store is away.
      if (!isStoreUnavailable(error)) options.logger.warn({ error }, 'grants.refresh-failed')
    })
  const refreshing = repeat(refresh, options.intervalMs)
  return {
    stop() {
      stopping.abort()
      return refreshing.stop()
    },
  }
}

/** Reads the grants of every known client once. Rejects with what the store rejects with. */
export async function refreshGrants(
  { memory, guard, readMany }: Omit<GrantsRefreshOptions, 'intervalMs' | 'logger'>,
  signal: AbortSignal,
): Promise<void> {
  const clients = memory.clients()
  for (let start = 0; start < clients.length && !signal.aborted; start += chunkSize) {
    const chunk = clients.slice(start, start + chunkSize)
    const reading = memory.begin()
    const found = await guard.run(() => readMany(chunk))
    for (const [clientId, grants] of found) memory.refresh(reading, clientId, grants)
  }
}
