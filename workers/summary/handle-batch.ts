import type { DeadLetterReason } from '../../lib/kafka/send-dead-letter.ts'
import type { BatchContext, IncomingRecord } from '../../lib/kafka/start-consumer.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import { endedBy, journalBatch, type RefusedRecord, type WantedRecord } from './journal-batch.ts'
import type { Journal } from './journal.ts'
import { placeInBatch } from './place.ts'
import { readRecord, type ReadRights } from './read-record.ts'
import { distinctKeys, tellTransactions, type TellingDependencies } from './tell-transactions.ts'

/** What the consumer needs. */
export interface BatchDependencies extends TellingDependencies {
  readonly journal: Pick<Journal, 'append' | 'findSurplus' | 'readProgress' | 'settle'>
  readonly readRights: ReadRights
  /** Puts a record aside for good; throws where it cannot be made durable. */
  readonly reject: (record: IncomingRecord, reason: DeadLetterReason) => Promise<void>
  readonly logger: Logger
  /** Told how many records were `journalled`, `surplus`, `unwanted`, `erased`, or refused for the reason with this code. */
  readonly onRecords: (outcome: string, count: number) => void
}

/**
 * Creates the handler of batches of `vision-1`: journals them, with the place that the journal has reached, then tells each
 * transaction's workflow once, where the batch held terminal messages for it (or late results for one that has a revision).
 * What can never be used, or held by the journal, is put aside. Records are complete when all of it is durable, so that a crash
 * or an outage at any time repeats the batch, or the telling, which is harmless.
 */
export function createBatchHandler(dependencies: BatchDependencies) {
  const { journal, reject, onRecords, logger } = dependencies
  return async (records: readonly IncomingRecord[], context: BatchContext): Promise<void> => {
    const startedAt = performance.now()
    const batch = await readBatch(records, dependencies.readRights)
    // What is to be put aside is not behind us before that is durable.
    const before = placeInBatch(records, records[0]?.offset)
    const behind = placeInBatch(records, batch.refused[0]?.record.offset)
    const end = placeInBatch(records)
    if (before === undefined || behind === undefined || end === undefined) return
    const done = await journalBatch(batch.wanted, { before, behind }, dependencies)
    context.signal.throwIfAborted()
    const keys = distinctKeys(done.journalled.map(({ entry }) => entry))
    const signalled = await tellTransactions(keys, endedBy(done.journalled), dependencies)
    const refused = [...batch.refused, ...done.refused]
    // A client whose key is damaged may have sent all of them: others in the partition wait no longer than for one.
    await Promise.all(refused.map(({ record, reason }) => reject(record, reason)))
    await journal.settle(end)
    for (const record of records) context.complete(record)
    onRecords('journalled', done.journalled.length)
    onRecords('surplus', done.surplus.length)
    onRecords('unwanted', batch.unwanted)
    onRecords('erased', batch.erased)
    for (const { reason } of refused) onRecords(reason.code, 1)
    logger.info(
      {
        partition: end.partition,
        records: records.length,
        journalled: done.journalled.length,
        surplus: done.surplus.length,
        erased: batch.erased,
        signalled,
        refused: refused.map(({ reason }) => reason.code),
        durationMs: Math.round(performance.now() - startedAt),
      },
      'batch.journalled',
    )
  }
}

async function readBatch(records: readonly IncomingRecord[], readRights: ReadRights) {
  const wanted: WantedRecord[] = []
  const refused: RefusedRecord[] = []
  const left = { unwanted: 0, erased: 0 }
  const read = await Promise.all(
    records.map(async (record) => ({ record, result: await readRecord(record.value, readRights) })),
  )
  for (const { record, result } of read) {
    if (result.kind === 'entry') wanted.push({ record, entry: result.entry })
    else if (result.kind === 'refused') refused.push({ record, reason: result })
    else left[result.kind] += 1
  }
  return { wanted, refused, ...left }
}
