import { IpsError } from '../../lib/errors/ips-error.ts'
import { journalRefused } from '../../lib/kafka/append-in-parts.ts'
import { isDataError } from '../../lib/postgres/is-data-error.ts'

/** The code of a journal whose database is away. */
export const journalUnavailable = 'journal-unavailable'

/** PostgreSQL's class of errors that are a programmer's: syntax, names, types. */
const programmersClass = '42'

/**
 * Runs work on the journal. Rejects with `IpsError('journal-refused')` where PostgreSQL cannot hold the data, with
 * `IpsError('journal-unavailable')`, retryable, where it may succeed later (connections, locks, resources, shutdown); what is a
 * programmer's error passes as it is.
 */
export async function translateJournalError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof IpsError || isProgrammersError(cause)) throw cause
    if (isDataError(cause)) {
      throw new IpsError(journalRefused, 'the journal cannot hold what it was given', { cause })
    }
    throw new IpsError(journalUnavailable, 'the journal of transactions cannot be used now', {
      retryable: true,
      cause,
    })
  }
}

function isProgrammersError(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return (
    (code.length === 5 && code.startsWith(programmersClass)) ||
    error instanceof TypeError ||
    error instanceof RangeError
  )
}
