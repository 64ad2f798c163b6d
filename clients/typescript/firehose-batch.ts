/** One message: what its webhook holds, with its offset. */
export interface FirehoseMessage {
  /** Its position in your stream, a decimal number: they grow by 1, but for what was filtered. */
  readonly offset: string
  /** The same for every copy of a message. */
  readonly id: string
  readonly type: string
  readonly timestamp: string
  /** The transaction. */
  readonly correlationId: string
  /** Absent in a summary. */
  readonly imageId?: string
  readonly data: Readonly<Record<string, unknown>>
}

/** A piece of the stream; a heartbeat where it has no messages. */
export interface FirehoseBatch {
  readonly messages: readonly FirehoseMessage[]
  /** Where to go on when this batch is done: store it with what you have made of the batch. It counts filtered messages too. */
  readonly lastOffset: string
}
