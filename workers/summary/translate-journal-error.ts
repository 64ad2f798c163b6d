import { IpsError } from '../../lib/errors/ips-error.ts'

/**
 * Classes of PostgreSQL's errors that the same call never gets over: data, constraints, syntax. Everything else
 * (connections, locks, resources, shutdown) passes.
 */
const permanentClasses = ['22', '23', '42']

/** Runs work on the journal. Rejects with `IpsError('journal-unavailable')`, retryable, where it may succeed later. */
export async function translateJournalError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof IpsError || isPermanent(cause)) throw cause
    throw new IpsError('journal-unavailable', 'the journal of transactions cannot be used now', {
      retryable: true,
      cause,
    })
  }
}

function isPermanent(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  // PostgreSQL's own codes have five characters; those of the operating system, ECONNREFUSED and such, have others.
  if (/^[0-9A-Z]{5}$/.test(code)) return permanentClasses.includes(code.slice(0, 2))
  return error instanceof TypeError || error instanceof RangeError
}
