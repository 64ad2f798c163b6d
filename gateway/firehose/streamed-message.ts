/** A message of the journal, as streams see it. */
export interface StreamedMessage {
  readonly offset: bigint
  readonly type: string
  readonly correlationId: string
  /** The message as clients get it, but for its offset: an object that begins with its id. */
  readonly json: Buffer
}

/** What the journal has of one client. */
export interface StreamBounds {
  /** Of the first message that is kept; the next one to come where none is. */
  readonly oldestOffset: bigint
  /** The last one that was given out; 0 where none was. */
  readonly lastOffset: bigint
}

/** A run of messages without gaps. */
export interface StreamPiece {
  readonly messages: readonly StreamedMessage[]
  readonly lastOffset: bigint
}

/** What streams need of the journal. */
export interface StreamJournal {
  bounds(clientId: string): Promise<StreamBounds>
  /**
   * What follows `after`: about `maxBytes`, at least one message where there is one. Throws `IpsError('offset-removed')` where
   * that is not kept any more. A failure is worth another try, but for an `IpsError` that says otherwise.
   */
  read(clientId: string, after: bigint, limits: { maxBytes: number }): Promise<StreamPiece>
}

/** Tells that something may have been appended. */
export interface StreamNews {
  subscribe(clientId: string, onNews: () => void): () => void
}
