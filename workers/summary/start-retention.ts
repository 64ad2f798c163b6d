import type { Logger } from '../../lib/telemetry/create-logger.ts'
import type { Journal } from './journal.ts'

/** Expiry is a matter of days; more often would only cost queries. */
const intervalMs = 10 * 60 * 1000

/** Removes expired transactions now and then, a bounded number at a time. */
export function startRetention(
  journal: Pick<Journal, 'removeExpired'>,
  logger: Logger,
): { stop(): void } {
  const remove = () => {
    journal.removeExpired().then(
      (transactions) => {
        if (transactions > 0) logger.info({ transactions }, 'journal.expired')
      },
      (error: unknown) => logger.warn({ error }, 'journal.expiry-postponed'),
    )
  }
  const timer = setInterval(remove, intervalMs)
  return { stop: () => clearInterval(timer) }
}
