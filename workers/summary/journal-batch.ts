import { appendInParts, journalRefused } from '../../lib/kafka/append-in-parts.ts'
import type { DeadLetterReason } from '../../lib/kafka/send-dead-letter.ts'
import type { IncomingRecord } from '../../lib/kafka/start-consumer.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import type { ImageKey } from './find-surplus-images.ts'
import { groupEntries } from './group-entries.ts'
import type { Journal } from './journal.ts'
import type { Place } from './place.ts'
import type { JournalEntry } from './read-record.ts'
import { distinctKeys, textOfKey } from './tell-transactions.ts'

/** A record with the message for the journal. */
export interface WantedRecord {
  readonly record: IncomingRecord
  readonly entry: JournalEntry
}

/** A record that is to be put aside. */
export interface RefusedRecord {
  readonly record: IncomingRecord
  readonly reason: DeadLetterReason
}

/** What became of the wanted records of a batch. */
export interface JournalledBatch {
  readonly journalled: readonly WantedRecord[]
  /** Of images that are too many for their transactions' summaries. */
  readonly surplus: readonly WantedRecord[]
  /** What the journal cannot hold. */
  readonly refused: readonly RefusedRecord[]
}

/** What journalling needs. */
export interface JournallingDependencies {
  readonly journal: Pick<Journal, 'append' | 'findSurplus'>
  readonly logger: Logger
}

/**
 * Journals the wanted records of a batch, with the place `behind` them where all go in at once; in parts, where the journal
 * refuses some, with the place `before` them.
 */
export async function journalBatch(
  wanted: readonly WantedRecord[],
  { before, behind }: { readonly before: Place; readonly behind: Place },
  { journal, logger }: JournallingDependencies,
): Promise<JournalledBatch> {
  const append = async (part: readonly WantedRecord[]) => {
    const images = await journal.findSurplus(part.map(({ entry }) => entry))
    logSurplus(images, logger)
    const tooMany = new Set(images.map(textOfImage))
    const isSurplus = ({ entry }: WantedRecord) => tooMany.has(textOfImage(entry))
    const journalled = part.filter((each) => !isSurplus(each))
    const place = part.length === wanted.length ? behind : before
    if (journalled.length > 0)
      await journal.append(groupEntries(journalled.map(({ entry }) => entry)), {
        ...place,
        untold: endedBy(journalled),
      })
    return { journalled, surplus: part.filter(isSurplus) }
  }
  const batch = {
    journalled: [] as WantedRecord[],
    surplus: [] as WantedRecord[],
    refused: [] as RefusedRecord[],
  }
  for await (const part of appendInParts(wanted, append)) {
    if ('refused' in part) {
      const detail = detailOf(part.error)
      batch.refused.push({ record: part.refused.record, reason: { code: journalRefused, detail } })
    } else {
      batch.journalled.push(...part.result.journalled)
      batch.surplus.push(...part.result.surplus)
    }
  }
  return batch
}

/** The transactions for which there is a terminal message among the records. */
export function endedBy(records: readonly WantedRecord[]) {
  const terminals = records.filter(({ entry }) => entry.content.kind === 'terminal')
  return distinctKeys(terminals.map(({ entry }) => entry))
}

function logSurplus(images: readonly ImageKey[], logger: Logger): void {
  for (const key of distinctKeys(images)) {
    const count = images.filter((image) => textOfKey(image) === textOfKey(key)).length
    logger.warn({ ...key, images: count }, 'transaction.overfull')
  }
}

function textOfImage({ clientId, correlationId, imageId }: ImageKey): string {
  return JSON.stringify([clientId, correlationId, imageId])
}

function detailOf({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${cause.message}` : message
}
