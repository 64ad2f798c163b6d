import { appendInParts, journalRefused } from '../kafka/append-in-parts.ts'
import type { DeadLetterReason } from '../kafka/send-dead-letter.ts'
import type { BatchContext, IncomingRecord } from '../kafka/start-consumer.ts'
import type { Logger } from '../telemetry/create-logger.ts'

/** What a record means to a journal. */
export type JournalRecord<Item> =
  | { readonly outcome: 'journal'; readonly item: Item }
  /** Nobody asked for it. */
  | { readonly outcome: 'ignore'; readonly reason: string }
  /** It cannot be read, or not until somebody repairs something. */
  | { readonly outcome: 'reject'; readonly reason: DeadLetterReason }

/** How a journal is filled. */
export interface JournalFilling<Item> {
  /** Reads the value of a record that was written then. Throws what is retryable only. */
  readonly readRecord: (value: Uint8Array, writtenAt: Date) => Promise<JournalRecord<Item>>
  /** Resolves when the items are durable, with what is worth noting: numbers that are summed up in the log. */
  readonly append: (items: readonly Item[]) => Promise<Readonly<Record<string, number>>>
  /** Counts what became of a record: `journalled`, or why it was not. */
  readonly recordRead: (outcome: string) => void
}

/** What a handler needs. */
export interface JournalHandlerDependencies<Item> extends JournalFilling<Item> {
  /** Puts a record aside for good; throws where it cannot be made durable. */
  readonly reject: (record: IncomingRecord, reason: DeadLetterReason) => Promise<void>
  readonly logger: Logger
}

/**
 * Creates the handler of batches: journals in one go what is to be journalled, and completes the records when that is durable. A
 * record that nobody wants is completed, one that cannot be read or journalled is put aside.
 */
export function createJournalHandler<Item>(
  dependencies: JournalHandlerDependencies<Item>,
): (records: readonly IncomingRecord[], context: BatchContext) => Promise<void> {
  const { readRecord, append, recordRead, reject, logger } = dependencies
  return async (records, context) => {
    const startedAt = performance.now()
    const outcomes: Record<string, number> = {}
    const end = (record: IncomingRecord, outcome: string) => {
      recordRead(outcome)
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      context.complete(record)
    }
    const putAside = async (record: IncomingRecord, reason: DeadLetterReason) => {
      await reject(record, reason)
      end(record, reason.code)
    }
    const wanted: Wanted<Item>[] = []
    const refused: Refused[] = []
    for (const record of records) {
      if (context.signal.aborted) return
      const read = await readRecord(record.value, new Date(record.timestamp))
      if (read.outcome === 'journal') wanted.push({ record, item: read.item })
      else if (read.outcome === 'reject') refused.push({ record, reason: read.reason })
      else end(record, read.reason)
    }
    // A client whose key is damaged may have sent all of them: others in the partition wait no longer than for one.
    await Promise.all(refused.map(({ record, reason }) => putAside(record, reason)))
    const figures: Record<string, number> = {}
    const appendPart = (part: readonly Wanted<Item>[]) => append(part.map(({ item }) => item))
    for await (const part of appendInParts(wanted, appendPart)) {
      if ('refused' in part) {
        const { refused: one, error } = part
        await putAside(one.record, { code: journalRefused, detail: error.message })
        continue
      }
      for (const { record } of part.appended) end(record, 'journalled')
      for (const [name, figure] of Object.entries(part.result))
        figures[name] = (figures[name] ?? 0) + figure
    }
    const [first] = records
    logger.info(
      {
        ...{ topic: first?.topic, partition: first?.partition, records: records.length, outcomes },
        ...figures,
        durationMs: Math.round(performance.now() - startedAt),
      },
      'batch.journalled',
    )
  }
}

/** A record that is to be put aside. */
interface Refused {
  readonly record: IncomingRecord
  readonly reason: DeadLetterReason
}

/** A record that is to be journalled. */
interface Wanted<Item> {
  readonly record: IncomingRecord
  readonly item: Item
}
