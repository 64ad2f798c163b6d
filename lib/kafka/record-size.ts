import { maxRecordBytes, topics } from '../topology.ts'

/** A dead letter is a record of any topic with its reason in headers. */
const deadLetterHeaderBytes = 64 * 1024
/** The batch's own header of 61 bytes, with room to spare. */
const batchOverheadBytes = 128
/** Lengths, offsets and attributes: at most 31 bytes; the same again for each header. */
const partOverheadBytes = 32

/** The largest batch that the broker takes for a topic: its `max.message.bytes`. `topic` is named as in the topology. */
export function maxMessageBytesOf(topic: string): number {
  return maxRecordBytes + (topic === topics.deadLetter.name ? deadLetterHeaderBytes : 0)
}

/** The records of one batch may come to this, by `recordBytes`. */
export function maxBatchBytesOf(topic: string): number {
  return maxMessageBytesOf(topic) - batchOverheadBytes
}

/** What a record takes in a batch, at most. */
export function recordBytes(record: {
  readonly key: string
  readonly value: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}): number {
  const headers = Object.entries(record.headers ?? {}).map(
    ([name, value]) => Buffer.byteLength(name) + Buffer.byteLength(value) + partOverheadBytes,
  )
  const own = Buffer.byteLength(record.key) + record.value.byteLength + partOverheadBytes
  return headers.reduce((sum, bytes) => sum + bytes, own)
}
