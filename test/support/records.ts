import type { IncomingRecord } from '../../lib/kafka/incoming-record.ts'

/** A record as a consumer reads it. */
export function incomingRecord(offset: bigint, value: Buffer | string = ''): IncomingRecord {
  return {
    topic: 'ingest-1',
    partition: 0,
    offset,
    key: 'test-client',
    value: Buffer.from(value),
    headers: {},
    timestamp: 0,
  }
}
