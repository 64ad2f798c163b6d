import type { Pool } from '../../lib/postgres/create-pool.ts'
import { repeat } from '../../lib/process/repeat.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import { isStoreUnavailable } from '../create-store-guard.ts'
import type { DeviceSource } from './check-assertion.ts'
import { findActiveDevices } from './device-keys.ts'
import { createDeviceMemory } from './device-memory.ts'
import { createUsedAssertions } from './used-assertions.ts'

/** What a process remembers of devices, for when the identities' database is away. */
export interface DegradedIdentities {
  /** A source that remembers what it sees of another one. */
  remember(source: DeviceSource): DeviceSource
  /**
   * A source that knows only what is remembered. It rejects with `error`, for which it stands in, for whatever it cannot
   * answer: unknown devices, those that did not count any more, what was last confirmed too long ago, and assertions of
   * which nobody knows whether they were used. Throws `error` where that is not about a database that is away.
   */
  standIn(error: unknown): DeviceSource
  stop(): Promise<void>
}

/** Starts to remember, and to ask again about what is remembered. */
export function startDegradedIdentities(options: {
  readonly pool: Pool
  /** What the database confirmed longer ago does not count. */
  readonly maxSeconds: number
  /** What is remembered is asked again so often. */
  readonly refreshSeconds: number
  readonly logger: Logger
  readonly elapsedMs: () => number
}): DegradedIdentities {
  const { pool, logger, elapsedMs } = options
  const devices = createDeviceMemory({ maxAgeMs: options.maxSeconds * 1_000, elapsedMs })
  const used = createUsedAssertions(elapsedMs)
  const refresh = async () => {
    const asked = devices.names()
    if (asked.length === 0) return
    const readMs = elapsedMs()
    devices.confirm(asked, await findActiveDevices(pool, asked), readMs)
  }
  const refreshing = repeat(
    () => refresh().catch((error: unknown) => logger.warn({ error }, 'identities.refresh-failed')),
    options.refreshSeconds * 1_000,
  )
  return {
    remember: (source) => ({
      async find(device) {
        const readMs = elapsedMs()
        const stored = await source.find(device)
        if (stored === undefined || stored.suspended) devices.forgetClient(device.clientId, readMs)
        else devices.note(device, stored.key, readMs)
        return stored
      },
      async use(assertion) {
        if (used.wasUsed(assertion) || !(await source.use(assertion))) return false
        used.add(assertion)
        return true
      },
    }),
    standIn(error) {
      if (!isStoreUnavailable(error)) throw error
      return {
        find(device) {
          const key = devices.find(device)
          if (key === undefined) return Promise.reject(error)
          return Promise.resolve({ suspended: false, key })
        },
        use(assertion) {
          if (used.wasUsed(assertion)) return Promise.resolve(false)
          if (!used.isComplete() || !used.add(assertion)) return Promise.reject(error)
          return Promise.resolve(true)
        },
      }
    },
    stop: () => refreshing.stop(),
  }
}
