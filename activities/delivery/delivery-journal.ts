/** A message that waits in the journal, as the delivery needs it. */
export interface QueuedMessage {
  /** Its place in the endpoint's queue: grows, with gaps. */
  readonly position: number
  readonly messageId: string
  readonly correlationId: string
  /** The webhook's body, exactly as it is sent. */
  readonly body: string
  /** W3C trace context; may be empty. */
  readonly traceparent: string
}

/** An endpoint that this process has taken over. */
export interface ClaimedEndpoint {
  readonly clientId: string
  readonly url: string
  readonly secret: string
  readonly signature: 'v1' | 'v1a'
  readonly maxConcurrency?: number
  /** Messages per second. */
  readonly maxRate?: number
  /** Everything up to this position, itself included, is settled. */
  readonly cursor: number
  /** What is settled beyond the cursor. */
  readonly settledBeyond: readonly number[]
}

/** How one message ended. */
export interface Settlement {
  readonly endpointId: string
  /** Who claimed the endpoint. */
  readonly owner: string
  readonly position: number
  readonly state: 'delivered' | 'dead'
  readonly status?: number
  /** Why it is dead: a stable word. */
  readonly reason?: string
  readonly attempts: number
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
 * away; `settle` also `IpsError('endpoint-taken-over')`, retryable, once somebody else has claimed the endpoint.
 */
export interface DeliveryJournal {
  /**
   * Takes the endpoint over from whoever had it; `undefined` for one that the journal does not know.
   * Throws `IpsError('secret-unreadable')`, not retryable, where the key of the stored secrets has changed.
   */
  claim(endpointId: string, owner: string): Promise<ClaimedEndpoint | undefined>
  /** Reads on after a position. */
  read(endpointId: string, after: number): Promise<Page>
  /** Resolves when the settlement is durable. Settlements of one endpoint become so in the order of the calls. */
  settle(settlement: Settlement): Promise<void>
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
