import type { TransactionKey } from '../../activities/summary/transaction-record.ts'
import type { Journal, TransactionProgress } from './journal.ts'

/** What telling needs. */
export interface TellingDependencies {
  readonly journal: Pick<Journal, 'readProgress'>
  /** Tells the workflows; resolves when all of them know. Rejects with a retryable error. */
  readonly signalTransactions: (transactions: readonly TransactionProgress[]) => Promise<void>
}

/**
 * Tells the workflows of these transactions how far they are, those for which there is news: a terminal message (they are in
 * `ended`), or a late result where there is a revision. Returns how many were told. Telling twice is harmless.
 */
export async function tellTransactions(
  keys: readonly TransactionKey[],
  ended: readonly TransactionKey[],
  { journal, signalTransactions }: TellingDependencies,
): Promise<number> {
  if (keys.length === 0) return 0
  const hasEnded = new Set(ended.map(textOfKey))
  const all = await journal.readProgress(keys)
  const news = all.filter((transaction) => {
    const { messages, decidedMessages, revision } = transaction.progress
    return messages > decidedMessages && (revision > 0 || hasEnded.has(textOfKey(transaction)))
  })
  await signalTransactions(news)
  return news.length
}

/** Each transaction once. */
export function distinctKeys(keys: readonly TransactionKey[]): TransactionKey[] {
  return [
    ...new Map(
      keys.map((key) => [
        textOfKey(key),
        { clientId: key.clientId, correlationId: key.correlationId },
      ]),
    ).values(),
  ]
}

/** A transaction as one text. */
export function textOfKey({ clientId, correlationId }: TransactionKey): string {
  return JSON.stringify([clientId, correlationId])
}
