import type { IncomingRecord, OwnOffset } from '../../lib/kafka/start-consumer.ts'
import type { TransactionKey } from '../../activities/summary/transaction-record.ts'

/** How far the records of a partition are journalled. */
export interface Place extends OwnOffset {
  readonly topic: string
  readonly partition: number
}

/** A place with the transactions whose workflows are still to be told of records before it. */
export interface MarkedPlace extends Place {
  readonly untold: readonly TransactionKey[]
}

/** The place in a batch before the record at `offset`, or behind its last one. `undefined` for a batch without records. */
export function placeInBatch(
  records: readonly IncomingRecord[],
  offset?: bigint,
): Place | undefined {
  const last = records.at(-1)
  if (last === undefined) return undefined
  return {
    topic: last.topic,
    partition: last.partition,
    offset: offset ?? last.offset + 1n,
    newestAtMs: Math.max(...records.map(({ timestamp }) => timestamp)),
  }
}
