import type {
  EndpointNote,
  MessageSettlement,
  OperationsJournal,
  ReplaySelection,
} from './delivery/operations-journal.ts'
import { IpsError } from '../lib/errors/ips-error.ts'

/** What operations on endpoints and messages need. */
export interface OperationsDependencies {
  readonly journal: Pick<
    OperationsJournal,
    'bury' | 'loadRefused' | 'note' | 'replay' | 'settleRefused'
  >
  readonly clock?: () => number
}

/** What workflows call beside the delivery itself: short, and harmless where it is repeated. */
export interface OperationsActivities {
  /** Tells messages' workflows and operators where an endpoint stands. */
  noteEndpoint(target: { endpointId: string; note: EndpointNote }): Promise<void>
  /**
   * Puts selected messages into the queue once more, from position `after` on: how many, and from where to go on where it
   * was not done in one step.
   */
  replayMessages(target: {
    endpointId: string
    selection: ReplaySelection
    after: number
  }): Promise<{ readonly messages: number; readonly next?: number }>
  /** Makes messages dead that wait and were journalled before a time (ms since the epoch); `hasMore` after one step of many. */
  buryMessages(target: {
    endpointId: string
    before: number
    reason: string
  }): Promise<{ readonly messages: number; readonly hasMore: boolean }>
  /** Ends a message that is retrying or dead; false where it is neither any more. */
  settleMessage(
    settlement: Pick<MessageSettlement, 'endpointId' | 'position' | 'reason'> & {
      readonly state: 'dead' | 'dropped'
    },
  ): Promise<boolean>
  /** Whether the journal has a message as retrying or dead. */
  isRefused(target: { endpointId: string; position: number }): Promise<boolean>
}

/** Messages of one statement: a short transaction. */
const pageMessages = 500
/** A step ends after this time, well below the time-out of the activity. */
const stepMs = 10_000

/** Creates the activities with which workflows operate on endpoints and messages. */
export function createOperationsActivities({
  journal,
  clock = Date.now,
}: OperationsDependencies): OperationsActivities {
  return {
    noteEndpoint: ({ endpointId, note }) => journal.note(endpointId, note),
    async replayMessages({ endpointId, selection, after }) {
      const endAt = clock() + stepMs
      let messages = 0
      for (let from: number | undefined = after; from !== undefined;) {
        const page = await journal.replay(endpointId, selection, {
          after: from,
          limit: pageMessages,
        })
        messages += page.messages
        from = page.next
        if (from !== undefined && clock() >= endAt) return { messages, next: from }
      }
      return { messages }
    },
    async buryMessages({ endpointId, before, reason }) {
      const endAt = clock() + stepMs
      let messages = 0
      for (;;) {
        const buried = await journal.bury(endpointId, before, reason, pageMessages)
        messages += buried
        const hasMore = buried >= pageMessages
        if (!hasMore || clock() >= endAt) return { messages, hasMore }
      }
    },
    settleMessage: (settlement) => journal.settleRefused(settlement),
    async isRefused({ endpointId, position }) {
      try {
        return (await journal.loadRefused(endpointId, position)) !== undefined
      } catch (error) {
        // It is there, and cannot be sent.
        if (error instanceof IpsError && !error.retryable) return true
        throw error
      }
    },
  }
}
