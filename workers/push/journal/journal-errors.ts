import { IpsError } from '../../../lib/errors/ips-error.ts'

/**
 * Classes of SQLSTATE that are about the data: a value that its type cannot hold, a broken constraint, something too large
 * for an index.
 */
const dataErrorClasses: ReadonlySet<string> = new Set(['22', '23', '54'])

/**
 * Runs a piece of work on the journal. Throws `IpsError('journal-refused')`, not retryable, where PostgreSQL refuses the data,
 * and for anything else `IpsError('journal-unavailable')`, retryable; an `IpsError` passes as it is.
 */
export async function onJournal<T>(purpose: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof IpsError) throw cause
    if (isDataError(cause)) throw new IpsError('journal-refused', `${purpose} failed`, { cause })
    throw new IpsError('journal-unavailable', `${purpose} failed`, { retryable: true, cause })
  }
}

/** Whether the journal has refused the data: it would do so again. */
export function isRefused(error: unknown): error is IpsError {
  return error instanceof IpsError && error.code === 'journal-refused'
}

function isDataError(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string')
    return false
  return error.code.length === 5 && dataErrorClasses.has(error.code.slice(0, 2))
}
