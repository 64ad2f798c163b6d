import { clientErased, isClientErased } from '../client-keys/create-client-keys.ts'
import { IpsError } from '../errors/ips-error.ts'
import type { JournalRecord } from './create-journal-handler.ts'

/**
 * What a record means, by what reading it gives or rejects with: one of a client that was erased is for nobody, and what no
 * repetition mends is put aside. Rejects with what is retryable, and with what is no `IpsError`.
 */
export async function toJournalRecord<Item>(
  reading: Promise<JournalRecord<Item>>,
): Promise<JournalRecord<Item>> {
  try {
    return await reading
  } catch (error) {
    if (isClientErased(error)) return { outcome: 'ignore', reason: clientErased }
    if (!(error instanceof IpsError) || error.retryable) throw error
    return { outcome: 'reject', reason: { code: error.code, detail: error.message } }
  }
}
