import { withTransaction, type Pool } from '../../lib/postgres/create-pool.ts'
import type { TransactionKey } from '../../activities/summary/transaction-record.ts'
import type { Progress } from '../../workflows/transaction/progress.ts'
import { findSurplusImages, type ImageKey } from './find-surplus-images.ts'
import type { JournalRows } from './group-entries.ts'
import { appendStatement, progressStatement, settleStatement } from './journal-statements.ts'
import type { MarkedPlace, Place } from './place.ts'
import { removeExpiredTransactions } from './remove-expired-transactions.ts'
import { translateJournalError } from './translate-journal-error.ts'

/** How far one transaction is. */
export interface TransactionProgress extends TransactionKey {
  readonly progress: Progress
}

/**
 * What the consumer writes and the retention removes. All throw `IpsError('journal-unavailable')`, retryable, where the database
 * is away, and `IpsError('journal-refused')` where it cannot hold the data.
 */
export interface Journal {
  /**
   * Appends a batch, in one statement: all of it or nothing, with the place behind it and those who are to be told of it.
   * Idempotent, by the messages' ids.
   */
  append(rows: JournalRows, place?: MarkedPlace): Promise<void>
  /** Everything before this place is done, and everybody told of it. */
  settle(place: Place): Promise<void>
  /** The place of a partition; `undefined` where nothing of it was ever journalled. */
  loadPlace(topic: string, partition: number): Promise<MarkedPlace | undefined>
  /** Which of these images are too many for the summaries of their transactions. */
  findSurplus(images: readonly ImageKey[]): Promise<ImageKey[]>
  /** How far these transactions are; those that are not there are left out. */
  readProgress(keys: readonly TransactionKey[]): Promise<TransactionProgress[]>
  /** Removes what no late result can change any more. Returns the number of transactions. */
  removeExpired(): Promise<number>
  /** Resolves where the database answers. */
  check(): Promise<void>
}

/** Missing messages that a workflow names to operators. */
const missingSampleSize = 5

/** Opens the journal of transactions on its database. */
export function createJournal(pool: Pool): Journal {
  return {
    append: ({ transactions, images, messages, templates }, place) =>
      translateJournalError(async () => {
        const places = place === undefined ? [] : [toPlaceRow(place)]
        const parameters = [transactions, images, messages, templates, places].map((rows) =>
          JSON.stringify(rows),
        )
        await pool.query({ name: 'append', text: appendStatement, values: parameters })
      }),
    settle: (place) =>
      translateJournalError(async () => {
        const { topic, partition, next_offset, newest_at } = toPlaceRow({ ...place, untold: [] })
        const values = [topic, partition, next_offset, newest_at]
        await pool.query({ name: 'settle', text: settleStatement, values })
      }),
    loadPlace: (topic, partition) => translateJournalError(() => loadPlace(pool, topic, partition)),
    findSurplus: (images) => findSurplusImages(pool, images),
    readProgress: (keys) =>
      translateJournalError(async () => {
        const values = [
          keys.map(({ clientId }) => clientId),
          keys.map(({ correlationId }) => correlationId),
          missingSampleSize,
        ]
        const { rows } = await pool.query<ProgressRow>({
          name: 'progress',
          text: progressStatement,
          values,
        })
        return rows.map(toProgress)
      }),
    removeExpired: () =>
      translateJournalError(() => withTransaction(pool, removeExpiredTransactions)),
    check: () =>
      translateJournalError(async () => {
        await pool.query('SELECT 1')
      }),
  }
}

function toPlaceRow({ topic, partition, offset, newestAtMs, untold }: MarkedPlace) {
  return {
    ...{ topic, partition, untold },
    next_offset: offset.toString(),
    newest_at: new Date(newestAtMs).toISOString(),
  }
}

async function loadPlace(
  pool: Pool,
  topic: string,
  partition: number,
): Promise<MarkedPlace | undefined> {
  const { rows } = await pool.query<{
    next_offset: string
    newest_at: Date
    untold: TransactionKey[]
  }>('SELECT next_offset, newest_at, untold FROM places WHERE topic = $1 AND partition = $2', [
    topic,
    partition,
  ])
  const [row] = rows
  if (row === undefined) return undefined
  const { next_offset: offset, newest_at: newestAt, untold } = row
  return { topic, partition, offset: BigInt(offset), newestAtMs: newestAt.getTime(), untold }
}

interface ProgressRow {
  client_id: string
  correlation_id: string
  announced: number
  window_start: Date
  window_seconds: number
  idle_seconds: number
  // Counts are 64 bits wide in PostgreSQL, and texts in its client.
  messages: string
  images: string
  complete_images: string
  missing: string
  missing_sample: string[]
  revision: number
  decided_messages: string
}

function toProgress(row: ProgressRow): TransactionProgress {
  return {
    clientId: row.client_id,
    correlationId: row.correlation_id,
    progress: {
      messages: Number(row.messages),
      images: Number(row.images),
      completeImages: Number(row.complete_images),
      announced: row.announced,
      missing: Number(row.missing),
      missingSample: row.missing_sample,
      windowStartMs: row.window_start.getTime(),
      windowSeconds: row.window_seconds,
      idleSeconds: row.idle_seconds,
      revision: row.revision,
      decidedMessages: Number(row.decided_messages),
    },
  }
}
