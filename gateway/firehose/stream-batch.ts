import type { StreamedMessage } from '../../workers/firehose/journal/read-messages.ts'

/** A piece of a stream as it is sent; a heartbeat where it has no messages. */
export interface StreamBatch {
  readonly messages: readonly StreamedMessage[]
  /** How far the stream has come, filtered messages included. */
  readonly lastOffset: bigint
  /** Why the stream ends. */
  readonly end?: string
}

/** Writes a batch so that a reader can tell where it ends. */
export type EncodeBatch = (batch: StreamBatch) => Uint8Array
