import { IpsError } from '../../../lib/errors/ips-error.ts'

/** Runs a piece of work on the journal; throws `IpsError('journal-unavailable')`, retryable, for whatever it throws. */
export async function onJournal<T>(purpose: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof IpsError) throw cause
    throw new IpsError('journal-unavailable', `${purpose} failed`, { retryable: true, cause })
  }
}
