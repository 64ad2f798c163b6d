import { setTimeout } from 'node:timers/promises'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import { journalUnavailable } from './translate-journal-error.ts'

/** Watches how long the journal's database is away. */
export interface StoreWatch {
  /** Does work that needs the database; rejects as the work does. */
  run<T>(work: () => Promise<T>): Promise<T>
  /** The same, again and again until the database is there. Rejects with any other error. */
  runPatiently<T>(work: () => Promise<T>): Promise<T>
  /** 0 where it is there, as far as is known. */
  awaySeconds(): number
}

/** What a watch needs. */
export interface StoreWatchOptions {
  readonly patienceMs: number
  /** The database has been away for longer than the patience. */
  readonly onLost: (error: IpsError) => void
  readonly logger: Logger
  /** In ms. */
  readonly clock: () => number
}

const retryDelayMs = 1_000

/** Creates the watch of a database that is taken to be there. */
export function createStoreWatch(options: StoreWatchOptions): StoreWatch {
  const { patienceMs, onLost, logger, clock } = options
  let awaySince: number | undefined
  const awayMs = () => (awaySince === undefined ? 0 : clock() - awaySince)
  const noteFailure = (error: unknown) => {
    if (!isAway(error)) return
    if (awaySince === undefined) logger.warn({ error, patienceMs }, 'store.away')
    awaySince ??= clock()
    if (awayMs() < patienceMs) return
    const seconds = Math.round(awayMs() / 1_000)
    const message = `the database has been away for ${seconds} s`
    onLost(new IpsError('store-lost', message, { cause: error }))
  }
  const run = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      const result = await work()
      if (awaySince !== undefined) logger.info({ awayMs: awayMs() }, 'store.back')
      awaySince = undefined
      return result
    } catch (error) {
      noteFailure(error)
      throw error
    }
  }
  return {
    run,
    async runPatiently(work) {
      for (;;) {
        try {
          return await run(work)
        } catch (error) {
          if (!isAway(error)) throw error
          await setTimeout(retryDelayMs)
        }
      }
    },
    awaySeconds: () => awayMs() / 1_000,
  }
}

function isAway(error: unknown): boolean {
  return error instanceof IpsError && error.code === journalUnavailable
}
