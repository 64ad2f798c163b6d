import { runSteps, slotSteps, startRetention } from '../../lib/journal/start-retention.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import type { PushJournal } from './journal/create-journal.ts'

/** What push's retention needs. */
export interface PushRetentionOptions {
  readonly journal: Pick<PushJournal, 'openSlotWhenDue' | 'dropExpiredSlots' | 'forgetOldStarts'>
  readonly retentionSeconds: number
  readonly logger: Logger
  /** Told of messages that were removed before they were delivered. */
  readonly onExpired: (messages: number) => void
  /** What the next time does not mend. */
  readonly onCrash: (error: unknown) => void
}

/** Opens slots of the journal, drops old ones and looks after refused messages, at once and now and then. */
export function startPushRetention(options: PushRetentionOptions): { stop(): Promise<void> } {
  return startRetention({ ...options, steps: stepsOf(options) })
}

/** Does so once. A retryable error is logged, and the next time mends it. Rejects with any other. */
export async function keepJournal(options: Omit<PushRetentionOptions, 'onCrash'>): Promise<void> {
  await runSteps({ ...options, steps: stepsOf(options) })
}

function stepsOf(options: Omit<PushRetentionOptions, 'onCrash'>): (() => Promise<void>)[] {
  const { journal, retentionSeconds, logger, onExpired } = options
  const slots = {
    openSlotWhenDue: () => journal.openSlotWhenDue(),
    dropExpiredSlots: (seconds: number) =>
      journal.dropExpiredSlots(seconds, (messages) => {
        onExpired(messages)
        logger.info({ messages }, 'journal.expired')
      }),
  }
  return [
    ...slotSteps(slots, retentionSeconds, logger),
    async () => {
      const messages = await journal.forgetOldStarts()
      if (messages > 0) logger.info({ messages }, 'journal.starts-forgotten')
    },
  ]
}
