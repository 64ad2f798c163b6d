import type { Logger } from '../../lib/telemetry/create-logger.ts'
import type { PushJournal } from './journal/create-journal.ts'

/** Retention is a matter of days; more often would only cost queries. */
const intervalMs = 10 * 60 * 1_000
/** Messages that one step removes: a short transaction of the database. */
const maxRemovedAtOnce = 1_000

/** What retention needs. */
export interface RetentionOptions {
  readonly journal: Pick<PushJournal, 'removeSettled'>
  readonly retentionSeconds: number
  readonly logger: Logger
  readonly onRemoved: (messages: number) => void
}

/** Removes old settled messages now and then, in bounded steps until none is left. */
export function startRetention(options: RetentionOptions): { stop(): Promise<void> } {
  const stopping = new AbortController()
  let running: Promise<void> | undefined
  const timer = setInterval(() => {
    running ??= removeAll(options, stopping.signal).finally(() => (running = undefined))
  }, intervalMs)
  return {
    async stop() {
      clearInterval(timer)
      stopping.abort()
      await running
    },
  }
}

/** Goes on until a step finds fewer than it may remove, or `signal` is aborted; an error is logged: the next time mends it. */
export async function removeAll(
  { journal, retentionSeconds, logger, onRemoved }: RetentionOptions,
  signal: AbortSignal,
  limit = maxRemovedAtOnce,
): Promise<void> {
  let total = 0
  try {
    for (let removed = limit; removed >= limit && !signal.aborted;) {
      removed = await journal.removeSettled(retentionSeconds, limit)
      onRemoved(removed)
      total += removed
    }
  } catch (error) {
    logger.warn({ error }, 'journal.retention-postponed')
  }
  if (total > 0) logger.info({ messages: total }, 'journal.expired')
}
