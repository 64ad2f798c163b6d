import type { AttemptRecord, EndpointTarget, QueuedMessage } from './delivery-journal.ts'

/** A message that has left the queue, with what is needed to send it once more. */
export interface RefusedMessage {
  readonly endpoint: EndpointTarget
  readonly message: QueuedMessage & { readonly body: string }
  /** The endpoint must be left alone: paused, disabled, or in trouble until `until` (ms since the epoch), if that is known. */
  readonly held?: { readonly reason: string; readonly until?: number }
}

/** Which messages of an endpoint are sent again: these, or all since a time (ms since the epoch), or else all that are dead. */
export interface ReplaySelection {
  readonly since?: number
  readonly ids?: readonly string[]
}

/** How a message ended that has left the queue. */
export interface MessageSettlement {
  readonly endpointId: string
  readonly position: number
  readonly state: 'delivered' | 'dead' | 'dropped'
  /** With `dead` a stable word, with `dropped` what the operator said. */
  readonly reason?: string
  readonly attempt?: AttemptRecord
}

/** What operators are told of an endpoint by its workflow. */
export interface EndpointNote {
  readonly state: 'idle' | 'delivering' | 'backing-off' | 'paused' | 'disabled'
  readonly failures: number
  readonly lastStatus?: number
  readonly lastError?: string
  /** Ms since the epoch; only while it backs off. */
  readonly nextAttemptAt?: number
}

/**
 * The journal as workflows see it beside the delivery itself. Every function throws `IpsError('journal-unavailable')`,
 * retryable, while it is away.
 */
export interface OperationsJournal {
  /**
   * The message at a position that is `retrying` or `dead`; `undefined` where it is neither any more, retention has
   * removed it, or its client was erased. Throws `IpsError('secret-unreadable')`, not retryable, where it is damaged, and
   * `IpsError('client-key-missing')`, retryable, where the client's key is not there.
   */
  loadRefused(endpointId: string, position: number): Promise<RefusedMessage | undefined>
  /** Ends a message that is `retrying` or `dead`; false where it is neither any more. */
  settleRefused(settlement: MessageSettlement): Promise<boolean>
  logAttempt(endpointId: string, origin: number, attempt: AttemptRecord): Promise<void>
  /**
   * Puts messages at the end of the queue once more, in their order; they keep their ids. `limit` at most, after position
   * `after`: returns how many, and from where to go on, if anywhere. Those that wait in the queue already are left out.
   * Wakes the endpoint. Idempotent in that a second call finds them in the queue.
   */
  replay(
    endpointId: string,
    selection: ReplaySelection,
    page: { after: number; limit: number },
  ): Promise<{ readonly messages: number; readonly next?: number }>
  /**
   * Makes messages dead that wait in the queue and were journalled before a time (ms since the epoch), the oldest first and
   * `limit` at most. Returns how many. For an endpoint that nobody delivers to at the moment.
   */
  bury(endpointId: string, before: number, reason: string, limit: number): Promise<number>
  note(endpointId: string, note: EndpointNote): Promise<void>
}
