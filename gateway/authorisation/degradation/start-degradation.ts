import type { Config } from '../../../lib/config/settings.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import type { Logger } from '../../../lib/telemetry/create-logger.ts'
import type { Registry } from '../../../lib/telemetry/create-metrics.ts'
import type { SecretBox } from '../../../lib/token/create-secret-box.ts'
import { readGrants, readGrantsOfMany } from '../read-grants.ts'
import { createGrantsSource, type GrantsSource } from './create-grants-source.ts'
import { guardStore } from '../../guard-store.ts'
import type { degradationSettings } from './degradation-settings.ts'
import { createLastKnownGood } from './last-known-good.ts'
import { startGrantsRefresh } from './start-grants-refresh.ts'

/** Grants that are remembered while the store is away, at work. */
export interface Degradation {
  readonly grants: GrantsSource
  /** Ends the refresh. */
  stop(): Promise<void>
}

/** Starts to remember the grants of whoever asks, and to read them again now and then. */
export function startDegradation(options: {
  readonly config: Config<typeof degradationSettings>
  readonly pool: Pool
  readonly box: SecretBox
  readonly logger: Logger
  readonly metrics: Registry
}): Degradation {
  const { config, pool, box, logger, metrics } = options
  const memory = createLastKnownGood({
    size: config.authorisationKnownClients,
    maxAgeMs: config.authorisationDegradedMaxSeconds * 1_000,
    spreadMs: config.authorisationDegradedTtlSeconds * 1_000,
    clock: () => ({ elapsedMs: performance.now(), timeMs: Date.now() }),
    random: Math.random,
  })
  const guard = guardStore({ service: 'authorisation', logger, metrics })
  const refresh = startGrantsRefresh({
    memory,
    guard,
    readMany: (clientIds) => readGrantsOfMany(pool, box, clientIds),
    intervalMs: config.authorisationGrantsRefreshSeconds * 1_000,
    logger,
  })
  return {
    grants: createGrantsSource({
      readOne: (clientId) => readGrants(pool, box, clientId),
      guard,
      memory,
    }),
    stop: () => refresh.stop(),
  }
}
