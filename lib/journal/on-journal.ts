import { IpsError } from '../errors/ips-error.ts'
import { journalRefused } from '../kafka/append-in-parts.ts'
import { isDataError } from '../postgres/is-data-error.ts'

/**
 * Runs a piece of work on the journal. Throws `IpsError('journal-refused')`, not retryable, where PostgreSQL refuses the data,
 * and for anything else `IpsError('journal-unavailable')`, retryable; an `IpsError` passes as it is.
 */
export async function onJournal<T>(purpose: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof IpsError) throw cause
    if (isDataError(cause)) throw new IpsError(journalRefused, `${purpose} failed`, { cause })
    throw new IpsError('journal-unavailable', `${purpose} failed`, { retryable: true, cause })
  }
}

/** Whether the journal has refused the data: it would do so again. */
export function isRefused(error: unknown): error is IpsError {
  return error instanceof IpsError && error.code === journalRefused
}
