import { IpsError } from '../errors/ips-error.ts'
import { repeat, type Repetition } from '../process/repeat.ts'
import type { Logger } from '../telemetry/create-logger.ts'

/** Retention is a matter of days; more often would only cost queries. */
const intervalMs = 10 * 60 * 1_000

/** What is done now and then. */
export interface RetentionOptions {
  /** One after the other, each whether or not another is postponed. */
  readonly steps: readonly (() => Promise<void>)[]
  readonly logger: Logger
  /** What the next time does not mend. */
  readonly onCrash: (error: unknown) => void
}

/** A journal with slots. */
export interface SlottedJournal {
  /** See `openSlotWhenDue`. */
  openSlotWhenDue(): Promise<number | undefined>
  /** See `dropExpiredSlots`. */
  dropExpiredSlots(retentionSeconds: number): Promise<number>
}

/** Runs the steps at once and now and then. */
export function startRetention(options: RetentionOptions): Repetition {
  const run = () => runSteps(options).catch((error: unknown) => options.onCrash(error))
  return repeat(run, intervalMs, { atOnce: true })
}

/** Runs the steps once: a retryable error is logged, and the next time mends it. Rejects with any other. */
export async function runSteps({
  steps,
  logger,
}: Pick<RetentionOptions, 'steps' | 'logger'>): Promise<void> {
  for (const step of steps) {
    try {
      await step()
    } catch (error) {
      if (!(error instanceof IpsError) || !error.retryable) throw error
      logger.warn({ error }, 'journal.retention-postponed')
    }
  }
}

/** The steps that open the next slot where it is due, and drop those that are old enough. */
export function slotSteps(
  journal: SlottedJournal,
  retentionSeconds: number,
  logger: Logger,
): (() => Promise<void>)[] {
  return [
    async () => {
      const slot = await journal.openSlotWhenDue()
      if (slot !== undefined) logger.info({ slot }, 'journal.slot-opened')
    },
    async () => {
      const slots = await journal.dropExpiredSlots(retentionSeconds)
      if (slots > 0) logger.info({ slots }, 'journal.slots-dropped')
    },
  ]
}
