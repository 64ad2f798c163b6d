import type { DeliveryJournal } from '../../../activities/delivery/delivery-journal.ts'
import type { OperationsJournal } from '../../../activities/delivery/operations-journal.ts'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import type { News } from '../../../lib/journal/listen.ts'
import { onJournal } from '../../../lib/journal/on-journal.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import type { AppendResult, NewDelivery, WokenEndpoint } from './append-deliveries.ts'
import { buryMessages } from './bury-messages.ts'
import { interruptChannel } from './channels.ts'
import { claimEndpoint } from './claim-endpoint.ts'
import { createSharedStatements } from './create-shared-statements.ts'
import { fallAsleep } from './fall-asleep.ts'
import { forgetOldStarts } from './forget-old-starts.ts'
import type { EndpointOpeners } from './open-target.ts'
import { findUnstarted, markStarted, type UnstartedMessage } from './message-starts.ts'
import { noteEndpoint } from './note-endpoints.ts'
import { loadRefused, settleRefused } from './refused-messages.ts'
import { replayMessages } from './replay-messages.ts'
import { dropDeliverySlots, openDeliverySlot } from './slots.ts'
import { findUnsignalled, markSignalled } from './wake-ups.ts'

/** The journal of push: its write side, and what the delivery needs of it. */
export interface PushJournal extends DeliveryJournal, OperationsJournal {
  /**
   * Resolves when the messages are durable; see `appendDeliveries`. Appends of several callers share one transaction: the
   * first of them is told of what all have woken.
   */
  append(deliveries: readonly NewDelivery[]): Promise<AppendResult>
  markSignalled(endpoints: readonly WokenEndpoint[]): Promise<void>
  findUnsignalled(limit: number): Promise<WokenEndpoint[]>
  /** See `findUnstarted`. */
  findUnstarted(limit: number): Promise<UnstartedMessage[]>
  /** See `markStarted`. */
  markStarted(messages: readonly Pick<UnstartedMessage, 'endpointId' | 'position'>[]): Promise<void>
  /** See `forgetOldStarts`. */
  forgetOldStarts(): Promise<number>
  /** See `openDeliverySlot`. */
  openSlotWhenDue(): Promise<number | undefined>
  /** See `dropDeliverySlots`. */
  dropExpiredSlots(retentionSeconds: number, onExpired: (messages: number) => void): Promise<number>
  /** Throws `IpsError('journal-unavailable')` where it is. */
  check(): Promise<void>
}

/** What may be chosen. */
export interface JournalOptions {
  /** For so long a secret that was replaced still signs. */
  readonly secretOverlapSeconds?: number
}

const defaultSecretOverlapSeconds = 24 * 60 * 60

/** Creates the journal on a database that has its schema, with a pool that has `journalPoolSettings`. */
export function createJournal(
  pool: Pool,
  openers: EndpointOpeners,
  news: Pick<News, 'subscribe'>,
  { secretOverlapSeconds = defaultSecretOverlapSeconds }: JournalOptions = {},
): PushJournal {
  const statements = createSharedStatements(pool, openers.keys, secretOverlapSeconds)
  return {
    append: (deliveries) => statements.append(deliveries),
    async read(endpointId, after) {
      const page = await statements.read({ endpointId, after })
      if (page instanceof IpsError) throw page
      return page
    },
    settle: async (settlement) => mustBeHeld(await statements.settle(settlement)),
    recordBatch: async (endpointId, owner, batch) =>
      mustBeHeld(await statements.recordBatch({ ...batch, endpointId, owner })),
    noteInFlight: async (endpointId, owner, inFlight) =>
      mustBeHeld(await statements.noteInFlight({ endpointId, owner, inFlight })),
    logAttempt: (endpointId, position, attempt) =>
      statements.logAttempt({ endpointId, position, attempt }),
    loadRefused: (endpointId, position) => loadRefused(pool, openers, endpointId, position),
    settleRefused: (settlement) => settleRefused(pool, settlement),
    replay: (endpointId, selection, page) => replayMessages(pool, endpointId, selection, page),
    bury: (endpointId, before, reason, limit) =>
      buryMessages(pool, { endpointId, before, reason, limit }),
    note: (endpointId, state) => noteEndpoint(pool, endpointId, state),
    claim: (endpointId, owner) => claimEndpoint(pool, openers, endpointId, owner),
    fallAsleep: (endpointId, after) => fallAsleep(pool, endpointId, after),
    async interrupt(endpointId) {
      await onJournal('interrupting a delivery', () =>
        pool.query('SELECT pg_notify($1, $2)', [interruptChannel, endpointId]),
      )
    },
    subscribe: (endpointId, listener) =>
      news.subscribe(endpointId, (channel) => {
        if (channel === interruptChannel) listener.onInterrupted?.()
        else listener.onAppended?.()
      }),
    markSignalled: (endpoints) => markSignalled(pool, endpoints),
    findUnsignalled: (limit) => findUnsignalled(pool, limit),
    findUnstarted: (limit) => findUnstarted(pool, limit),
    markStarted: (messages) => markStarted(pool, messages),
    forgetOldStarts: () => forgetOldStarts(pool),
    openSlotWhenDue: () => openDeliverySlot(pool),
    dropExpiredSlots: (retentionSeconds, onExpired) =>
      dropDeliverySlots(pool, retentionSeconds, onExpired),
    async check() {
      await onJournal('asking the journal', () => pool.query('SELECT 1'))
    },
  }
}

function mustBeHeld(isHeld: boolean): void {
  if (isHeld) return
  throw new IpsError('endpoint-taken-over', 'another delivery has claimed the endpoint', {
    retryable: true,
  })
}
