/** A message that waits in the journal, as the delivery needs it. */
export interface QueuedMessage {
  /** Its place in the endpoint's queue: grows, with gaps. */
  readonly position: number
  /** The place of the message itself: the same as `position`, but for a replay, which only refers to it. */
  readonly origin: number
  readonly messageId: string
  readonly correlationId: string
  /** The webhook's body, exactly as it is sent; `undefined` where a replay came too late and retention has removed it. */
  readonly body: string | undefined
  /** W3C trace context; may be empty. */
  readonly traceparent: string
}

/** A batch whose composition stays as it is, whoever sends it. */
export interface RecordedBatch {
  /** In the queue of the endpoint: this and everything up to `last` that was not settled when the batch was recorded. */
  readonly first: number
  readonly last: number
  /** The endpoint refused it as a whole: its messages are sent one by one. */
  readonly isSplit: boolean
}

/** What is needed to send to an endpoint. */
export interface EndpointTarget {
  readonly clientId: string
  readonly url: string
  /** `whsec_…` or `whsk_…`; the prefix says which signature it makes. */
  readonly secret: string
  /** The one before it, with which requests are signed too until `until` (ms since the epoch). */
  readonly formerSecret?: { readonly secret: string; readonly until: number }
  readonly maxConcurrency?: number
  /** Messages per second. */
  readonly maxRate?: number
  readonly batch?: { readonly maxMessages: number; readonly maxWaitMs: number }
}

/** An endpoint that this process has taken over. */
export interface ClaimedEndpoint extends EndpointTarget {
  /** Everything up to this position, itself included, is settled. */
  readonly cursor: number
  /** What is settled beyond the cursor. */
  readonly settledBeyond: readonly number[]
  /** Batches that were recorded and are not settled as a whole, in the order of the queue. */
  readonly batches: readonly RecordedBatch[]
}

/** What the last attempt of a message was. */
export interface AttemptRecord {
  /** Ms since the epoch. */
  readonly at: number
  readonly durationMs: number
  readonly status?: number
  /** A stable word; absent where it was delivered. */
  readonly error?: string
  /** The IP address that was spoken to, where there was a connection. */
  readonly address?: string
  /** The first bytes of the answer, where it was no success. */
  readonly answer?: string
}

/** How one message left the queue. */
export interface Settlement {
  readonly endpointId: string
  /** Who claimed the endpoint. */
  readonly owner: string
  readonly position: number
  readonly origin: number
  /** `retrying`: refused, its own workflow goes on with it. `expired`: there is nothing left to send. */
  readonly state: 'delivered' | 'retrying' | 'expired'
  /** Absent with `expired`. */
  readonly attempt?: AttemptRecord
  /** Where the cursor stands once this and all settlements before it are durable. */
  readonly cursor: number
}

/** Some messages of an endpoint, in their order. */
export interface Page {
  readonly messages: readonly QueuedMessage[]
  /** False where the journal had nothing beyond these when it was read. */
  readonly hasMore: boolean
}

/**
 * The journal as the delivery sees it. Every function throws `IpsError('journal-unavailable')`, retryable, while it is
 * away; those that name an owner also `IpsError('endpoint-taken-over')`, retryable, once somebody else has claimed the
 * endpoint.
 */
export interface DeliveryJournal {
  /**
   * Takes the endpoint over from whoever had it; `undefined` for one that the journal does not know, or of a client that was
   * erased. Throws `IpsError('secret-unreadable')`, not retryable, where the stored secrets are damaged, and
   * `IpsError('client-key-missing')`, retryable, where the client's key is not there.
   */
  claim(endpointId: string, owner: string): Promise<ClaimedEndpoint | undefined>
  /**
   * Reads on after a position. Throws as `claim` does, and `IpsError('client-erased')`, not retryable.
   */
  read(endpointId: string, after: number): Promise<Page>
  /** Resolves when the settlement is durable. Settlements of one endpoint become so in the order of the calls. */
  settle(settlement: Settlement): Promise<void>
  /** Resolves when the batch is durable. With the `first` of a known one it changes that. */
  recordBatch(endpointId: string, owner: string, batch: RecordedBatch): Promise<void>
  /** Notes an attempt that did not deliver, with its message's log, which keeps the last ones only. */
  logAttempt(endpointId: string, origin: number, attempt: AttemptRecord): Promise<void>
  /** Tells operators how many requests are under way. */
  noteInFlight(endpointId: string, owner: string, inFlight: number): Promise<void>
  /**
   * Falls asleep where nothing is left after a position, all in one with the look: an append either comes before, then
   * this answers false, or finds the endpoint asleep and wakes it.
   */
  fallAsleep(endpointId: string, after: number): Promise<boolean>
  /** Asks whoever delivers to the endpoint to end and report, in whichever process that is. */
  interrupt(endpointId: string): Promise<void>
  /** Follows the news of an endpoint until `unsubscribe`. They may be lost: ask again from time to time. */
  subscribe(endpointId: string, listener: EndpointListener): Unsubscribe
}

/** What may be heard of an endpoint. */
export interface EndpointListener {
  onAppended?(): void
  onInterrupted?(): void
}

export type Unsubscribe = () => void
