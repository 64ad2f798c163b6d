import { IpsError } from '../../lib/errors/ips-error.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import type { PushJournal } from './journal/create-journal.ts'

/** Retention is a matter of days; more often would only cost queries. */
const intervalMs = 10 * 60 * 1_000

/** What retention needs. */
export interface RetentionOptions {
  readonly journal: Pick<PushJournal, 'openSlotWhenDue' | 'dropExpiredSlots' | 'forgetOldStarts'>
  readonly retentionSeconds: number
  readonly logger: Logger
  /** Told of messages that were removed before they were delivered. */
  readonly onExpired: (messages: number) => void
  /** What the next time does not mend. */
  readonly onCrash: (error: unknown) => void
}

/** Opens slots of the journal, drops old ones and looks after refused messages, at once and now and then. */
export function startRetention(options: RetentionOptions): { stop(): Promise<void> } {
  let running: Promise<void> | undefined
  const run = () => {
    running ??= keepJournal(options)
      .catch((error: unknown) => options.onCrash(error))
      .finally(() => (running = undefined))
  }
  run()
  const timer = setInterval(run, intervalMs)
  return {
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}

/**
 * Opens the next slot where it is due, drops those that are old enough, and has the workflows of refused messages looked
 * after, each whether or not another is postponed: a retryable error is logged, and the next time mends it. Rejects with any
 * other.
 */
export async function keepJournal(options: Omit<RetentionOptions, 'onCrash'>): Promise<void> {
  const { journal, retentionSeconds, logger, onExpired } = options
  const attempt = async (work: () => Promise<void>) => {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof IpsError) || !error.retryable) throw error
      logger.warn({ error }, 'journal.retention-postponed')
    }
  }
  await attempt(async () => {
    const slot = await journal.openSlotWhenDue()
    if (slot !== undefined) logger.info({ slot }, 'journal.slot-opened')
  })
  await attempt(async () => {
    const slots = await journal.dropExpiredSlots(retentionSeconds, (messages) => {
      onExpired(messages)
      logger.info({ messages }, 'journal.expired')
    })
    if (slots > 0) logger.info({ slots }, 'journal.slots-dropped')
  })
  await attempt(async () => {
    const messages = await journal.forgetOldStarts()
    if (messages > 0) logger.info({ messages }, 'journal.starts-forgotten')
  })
}
