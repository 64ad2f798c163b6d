import type { ClientKeys } from '../../../lib/client-keys/create-client-keys.ts'
import { onJournal } from '../../../lib/journal/on-journal.ts'
import { shareAppends } from '../../../lib/journal/share-appends.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { appendMessages } from './append-messages.ts'
import type { NewMessage } from './new-message.ts'
import { readBounds, readMessages, type Bounds, type Page } from './read-messages.ts'

/** What the stream of the firehose reads. */
export interface FirehoseReader {
  /** See `readBounds`. */
  bounds(clientId: string): Promise<Bounds>
  /** See `readMessages`. */
  read(clientId: string, after: bigint, limits: { maxBytes: number }): Promise<Page>
  /** Throws `IpsError('journal-unavailable')` where it is. */
  check(): Promise<void>
}

/** The journal of the firehose: what each client's stream holds. */
export interface FirehoseJournal extends FirehoseReader {
  /**
   * See `appendMessages`. Appends of several callers share one transaction: the first of them is told how many messages were new of
   * all.
   */
  append(messages: readonly NewMessage[]): Promise<number>
}

/** Opens the journal on a database that has its schema, with a pool that has `journalPoolSettings`. */
export function createFirehoseJournal(pool: Pool, keys: ClientKeys): FirehoseJournal {
  return {
    append: shareAppends((messages: readonly NewMessage[]) => appendMessages(pool, messages), 0),
    bounds: (clientId) => readBounds(pool, clientId),
    read: (clientId, after, limits) => readMessages({ pool, keys }, clientId, after, limits),
    async check() {
      await onJournal('asking the journal', () => pool.query('SELECT 1'))
    },
  }
}
