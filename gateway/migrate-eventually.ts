import { migrate } from '../lib/postgres/migrate.ts'
import type { Logger } from '../lib/telemetry/create-logger.ts'

const firstRetryMs = 250
const maxRetryMs = 5_000

/** A migration that is under way, or done. */
export interface EventualMigration {
  /** `ok` once the schema is there, else what is wrong. */
  state(): string
  /** Ends the attempts. */
  stop(): Promise<void>
}

/**
 * Brings a database's schema up to date in the background, again and again until that succeeds: a process that serves
 * other things too starts without the database. Requests that need it fail meanwhile.
 */
export function migrateEventually(options: Parameters<typeof migrate>[0]): EventualMigration {
  const stopping = new AbortController()
  let state = 'the schema is not there yet'
  const done = untilSuccess(
    () => migrate(options),
    options,
    stopping.signal,
    (outcome) => {
      state = outcome
    },
  )
  return {
    state: () => state,
    async stop() {
      stopping.abort()
      await done
    },
  }
}

async function untilSuccess(
  attempt: () => Promise<void>,
  { logger, database }: { logger: Logger; database: string },
  signal: AbortSignal,
  report: (state: string) => void,
): Promise<void> {
  for (let delayMs = firstRetryMs; !signal.aborted; delayMs = Math.min(delayMs * 2, maxRetryMs)) {
    try {
      await attempt()
      report('ok')
      return
    } catch (error) {
      report('the database cannot be reached')
      logger.warn({ error, database }, 'schema.migration-failed')
    }
    await wait(delayMs, signal)
  }
}

function wait(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, delayMs)
    signal.addEventListener('abort', end)
  })
}
