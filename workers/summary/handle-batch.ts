import type { DeadLetterReason } from '../../lib/kafka/send-dead-letter.ts'
import type { BatchContext, IncomingRecord } from '../../lib/kafka/start-consumer.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import type { TransactionKey } from '../../activities/summary/transaction-record.ts'
import type { ImageKey } from './find-surplus-images.ts'
import { groupEntries } from './group-entries.ts'
import type { Journal, TransactionProgress } from './journal.ts'
import { readRecord, type JournalEntry, type ReadRecord, type ReadRights } from './read-record.ts'

/** What the consumer needs. */
export interface BatchDependencies {
  readonly journal: Pick<Journal, 'append' | 'findSurplus' | 'readProgress'>
  readonly readRights: ReadRights
  /** Tells the workflows; resolves when all of them know. Rejects with a retryable error. */
  readonly signalTransactions: (transactions: readonly TransactionProgress[]) => Promise<void>
  /** Puts a record aside for good; throws where it cannot be made durable. */
  readonly reject: (record: IncomingRecord, reason: DeadLetterReason) => Promise<void>
  readonly logger: Logger
  /** Called for each record: `journalled`, `surplus`, `unwanted`, or the code of the reason for which it was refused. */
  readonly onRecord: (outcome: string) => void
}

/**
 * Creates the handler of batches of `vision-1`: journals them, then tells each transaction's workflow once, where the batch
 * held terminal messages for it (or late results for one that has a revision). What can never be used is put aside.
 * Records are complete when all of it is durable, so that a crash or an outage at any time repeats the batch, which is harmless.
 */
export function createBatchHandler(dependencies: BatchDependencies) {
  const { journal, readRights, signalTransactions, reject, logger, onRecord } = dependencies
  return async (records: readonly IncomingRecord[], context: BatchContext): Promise<void> => {
    const startedAt = performance.now()
    const read = await Promise.all(records.map(({ value }) => readRecord(value, readRights)))
    const wanted = read.flatMap((result) => (result.kind === 'entry' ? [result.entry] : []))
    const { entries, surplus } = await leaveSurplusOut(wanted, dependencies)
    const signalled = entries.length === 0 ? [] : await journalEntries(entries, journal)
    context.signal.throwIfAborted()
    await signalTransactions(signalled)
    for (const [index, result] of read.entries()) {
      const record = records[index]
      if (result.kind === 'refused' && record !== undefined) await reject(record, result)
    }
    for (const record of records) context.complete(record)
    for (const result of read) onRecord(outcomeOf(result, surplus))
    logger.info(
      {
        partition: records[0]?.partition,
        records: records.length,
        journalled: entries.length,
        surplus: wanted.length - entries.length,
        signalled: signalled.length,
        refused: read.flatMap((result) => (result.kind === 'refused' ? [result.code] : [])),
        durationMs: Math.round(performance.now() - startedAt),
      },
      'batch.journalled',
    )
  }
}

/** Parts the entries of images that are too many for their transactions' summaries from the others, and says so. */
async function leaveSurplusOut(
  wanted: readonly JournalEntry[],
  { journal, logger }: BatchDependencies,
): Promise<{ entries: readonly JournalEntry[]; surplus: ReadonlySet<string> }> {
  const images = wanted.length === 0 ? [] : await journal.findSurplus(wanted)
  const surplus = new Set(images.map(textOfImage))
  for (const [key, { clientId, correlationId }] of new Map(images.map((it) => [textOfKey(it), it])))
    logger.warn(
      { clientId, correlationId, images: images.filter((it) => textOfKey(it) === key).length },
      'transaction.overfull',
    )
  return { entries: wanted.filter((entry) => !surplus.has(textOfImage(entry))), surplus }
}

/** Appends entries and returns the transactions whose workflows are to know of it. */
async function journalEntries(
  entries: readonly JournalEntry[],
  journal: BatchDependencies['journal'],
): Promise<TransactionProgress[]> {
  const rows = groupEntries(entries)
  await journal.append(rows)
  const terminals = new Set(
    entries.filter(({ content }) => content.kind === 'terminal').map(textOfKey),
  )
  const keys = rows.transactions.map((row) => ({
    clientId: row.client_id,
    correlationId: row.correlation_id,
  }))
  const all = await journal.readProgress(keys)
  return all.filter((transaction) => {
    const { messages, decidedMessages, revision } = transaction.progress
    return messages > decidedMessages && (revision > 0 || terminals.has(textOfKey(transaction)))
  })
}

function textOfKey({ clientId, correlationId }: TransactionKey): string {
  return JSON.stringify([clientId, correlationId])
}

function textOfImage({ clientId, correlationId, imageId }: ImageKey): string {
  return JSON.stringify([clientId, correlationId, imageId])
}

function outcomeOf(result: ReadRecord, surplus: ReadonlySet<string>): string {
  switch (result.kind) {
    case 'entry':
      return surplus.has(textOfImage(result.entry)) ? 'surplus' : 'journalled'
    case 'unwanted':
      return 'unwanted'
    case 'refused':
      return result.code
  }
}
