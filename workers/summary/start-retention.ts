import { IpsError } from '../../lib/errors/ips-error.ts'
import { repeat, type Repetition } from '../../lib/process/repeat.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import type { Journal } from './journal.ts'

/** Expiry is a matter of days; more often would only cost queries. */
const intervalMs = 10 * 60 * 1000

/**
 * Removes expired transactions, at once and now and then, a bounded number at a time. What the next time may mend is logged;
 * anything else is a crash.
 */
export function startRetention(
  journal: Pick<Journal, 'removeExpired'>,
  logger: Logger,
  onCrash: (error: unknown) => void,
): Repetition {
  const remove = async () => {
    try {
      const transactions = await journal.removeExpired()
      if (transactions > 0) logger.info({ transactions }, 'journal.expired')
    } catch (error) {
      if (!(error instanceof IpsError) || !error.retryable) onCrash(error)
      else logger.warn({ error }, 'journal.expiry-postponed')
    }
  }
  return repeat(remove, intervalMs, { atOnce: true })
}
