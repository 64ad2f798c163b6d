import type { Logger } from '../lib/telemetry/create-logger.ts'
import { Gauge, type Registry } from '../lib/telemetry/create-metrics.ts'
import { createStoreGuard, type StoreGuard } from './create-store-guard.ts'

/** Creates the guard of a service's database; a metric and the log say when that is away. */
export function guardStore({
  service,
  logger,
  metrics,
}: {
  readonly service: string
  readonly logger: Logger
  readonly metrics: Registry
}): StoreGuard {
  const gauge = new Gauge({
    name: `ips_${service}_store_away`,
    help: `1 while the database of the service ${service} cannot be read`,
    registers: [metrics],
  })
  return createStoreGuard({
    elapsedMs: () => performance.now(),
    onChange({ away, error }) {
      gauge.set(away ? 1 : 0)
      if (away) logger.warn({ service, error }, 'store.away')
      else logger.info({ service }, 'store.back')
    },
  })
}
