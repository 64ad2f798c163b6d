import { IpsError } from '../lib/errors/ips-error.ts'

/**
 * A store that was away is tried again after so long, by one request: the others need not wait for its time-out, which a server
 * that hangs would cost each of them.
 */
const retryMs = 1_000

/** Stands before a store that may be away. */
export interface StoreGuard {
  /**
   * Does something with the store. Rejects with what `work` rejects with, and at once with `IpsError('store-unavailable')`,
   * retryable, while the store was away a moment ago.
   */
  run<T>(work: () => Promise<T>): Promise<T>
}

/** Creates a guard; `onChange` hears when the store goes and when it is back. `elapsedMs` only runs forward. */
export function createStoreGuard(options: {
  readonly elapsedMs: () => number
  readonly onChange: (state: { readonly away: boolean; readonly error?: unknown }) => void
}): StoreGuard {
  const { elapsedMs, onChange } = options
  let away = false
  let nextTryMs = 0
  let trying = false
  return {
    async run(work) {
      if (away && (trying || elapsedMs() < nextTryMs)) {
        throw new IpsError('store-unavailable', 'the database was away a moment ago', {
          retryable: true,
        })
      }
      const isTrial = away
      trying ||= isTrial
      try {
        const result = await work()
        if (away) onChange({ away: false })
        away = false
        return result
      } catch (error) {
        if (!isStoreUnavailable(error)) throw error
        if (!away) onChange({ away: true, error })
        away = true
        nextTryMs = elapsedMs() + retryMs
        throw error
      } finally {
        if (isTrial) trying = false
      }
    },
  }
}

/** Of the databases of the token services, and of journals. */
const awayCodes: ReadonlySet<string> = new Set(['store-unavailable', 'journal-unavailable'])

/** True where the store could not answer. */
export function isStoreUnavailable(error: unknown): error is IpsError {
  return error instanceof IpsError && awayCodes.has(error.code)
}
