import type {
  DeliveryJournal,
  RecordedBatch,
  Settlement,
} from '../../../activities/delivery/delivery-journal.ts'
import type { OperationsJournal } from '../../../activities/delivery/operations-journal.ts'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import {
  appendDeliveries,
  type AppendResult,
  type NewDelivery,
  type WokenEndpoint,
} from './append-deliveries.ts'
import { buryMessages } from './bury-messages.ts'
import { interruptChannel } from './channels.ts'
import { claimEndpoint } from './claim-endpoint.ts'
import { createCoalescer } from './create-coalescer.ts'
import type { SecretBox } from './create-secret-box.ts'
import { dropExpiredSlots } from './drop-expired-slots.ts'
import { fallAsleep } from './fall-asleep.ts'
import { onJournal } from './journal-errors.ts'
import type { News } from './listen.ts'
import { logAttempts, type LoggedAttempt } from './log-attempts.ts'
import { findUnstarted, markStarted, type UnstartedMessage } from './message-starts.ts'
import { noteEndpoint, noteInFlight, type InFlightNote } from './note-endpoints.ts'
import { openSlotWhenDue } from './open-slot.ts'
import { readDeliveries, type ReadRequest } from './read-deliveries.ts'
import { recordBatches, type BatchRecord } from './record-batches.ts'
import { loadRefused, settleRefused } from './refused-messages.ts'
import { replayMessages } from './replay-messages.ts'
import { settleDeliveries } from './settle-deliveries.ts'
import { findUnsignalled, markSignalled } from './wake-ups.ts'

/** The journal of push: its write side, and what the delivery needs of it. */
export interface PushJournal extends DeliveryJournal, OperationsJournal {
  /** Resolves when the messages are durable; see `appendDeliveries`. Appends of several callers share one transaction. */
  append(deliveries: readonly NewDelivery[]): Promise<AppendResult>
  markSignalled(endpoints: readonly WokenEndpoint[]): Promise<void>
  findUnsignalled(limit: number): Promise<WokenEndpoint[]>
  /** See `findUnstarted`. */
  findUnstarted(limit: number): Promise<UnstartedMessage[]>
  /** See `markStarted`. */
  markStarted(messages: readonly Pick<UnstartedMessage, 'endpointId' | 'position'>[]): Promise<void>
  /** See `openSlotWhenDue`. */
  openSlotWhenDue(): Promise<number | undefined>
  /** See `dropExpiredSlots`. */
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
/** Batches of the twelve partitions of two topics may go together. */
const maxAppends = 24
/** Pages of one statement: each may hold a quarter of a MiB. */
const maxReads = 64
/** Rows of one statement that writes small ones. */
const maxRows = 2_000
/** Settlements may wait for so long, to go together: each statement costs about a ms, whatever it settles. */
const settleIntervalMs = 20

/** Creates the journal on a database that has its schema, with a pool that has `journalPoolSettings`. */
export function createJournal(
  pool: Pool,
  box: SecretBox,
  news: News,
  { secretOverlapSeconds = defaultSecretOverlapSeconds }: JournalOptions = {},
): PushJournal {
  const append = createCoalescer<readonly NewDelivery[], AppendResult>({
    maxRequests: maxAppends,
    run: (batches) => appendTogether(pool, batches, secretOverlapSeconds),
  })
  const read = createCoalescer({
    maxRequests: maxReads,
    run: (requests: readonly ReadRequest[]) => readDeliveries(pool, requests),
  })
  const settle = createCoalescer({
    maxRequests: maxRows,
    intervalMs: settleIntervalMs,
    run: (settlements: readonly Settlement[]) => settleDeliveries(pool, settlements),
  })
  const log = createCoalescer({
    maxRequests: maxRows,
    run: async (attempts: readonly LoggedAttempt[]) => {
      await logAttempts(pool, attempts)
      return attempts.map(() => undefined)
    },
  })
  const note = createCoalescer({
    maxRequests: maxRows,
    run: (notes: readonly InFlightNote[]) => noteInFlight(pool, notes),
  })
  const record = createCoalescer({
    maxRequests: maxRows,
    run: (batches: readonly BatchRecord[]) => recordBatches(pool, batches),
  })
  return {
    append,
    read: (endpointId, after) => read({ endpointId, after }),
    settle: async (settlement) => mustBeHeld(await settle(settlement)),
    recordBatch: async (endpointId: string, owner: string, batch: RecordedBatch) =>
      mustBeHeld(await record({ ...batch, endpointId, owner })),
    noteInFlight: async (endpointId, owner, inFlight) =>
      mustBeHeld(await note({ endpointId, owner, inFlight })),
    logAttempt: (endpointId, position, attempt) => log({ endpointId, position, attempt }),
    loadRefused: (endpointId, position) => loadRefused(pool, box, endpointId, position),
    settleRefused: (settlement) => settleRefused(pool, settlement),
    replay: (endpointId, selection, page) => replayMessages(pool, endpointId, selection, page),
    bury: (endpointId, before, reason, limit) =>
      buryMessages(pool, { endpointId, before, reason, limit }),
    note: (endpointId, state) => noteEndpoint(pool, endpointId, state),
    claim: (endpointId, owner) => claimEndpoint(pool, box, endpointId, owner),
    fallAsleep: (endpointId, after) => fallAsleep(pool, endpointId, after),
    async interrupt(endpointId) {
      await onJournal('interrupting a delivery', () =>
        pool.query('SELECT pg_notify($1, $2)', [interruptChannel, endpointId]),
      )
    },
    subscribe: (endpointId, listener) => news.subscribe(endpointId, listener),
    markSignalled: (endpoints) => markSignalled(pool, endpoints),
    findUnsignalled: (limit) => findUnsignalled(pool, limit),
    findUnstarted: (limit) => findUnstarted(pool, limit),
    markStarted: (messages) => markStarted(pool, messages),
    openSlotWhenDue: () => openSlotWhenDue(pool),
    dropExpiredSlots: (retentionSeconds, onExpired) =>
      dropExpiredSlots(pool, retentionSeconds, onExpired),
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

/** One transaction for several callers: the first of them is told of the endpoints that are to be woken. */
async function appendTogether(
  pool: Pool,
  batches: readonly (readonly NewDelivery[])[],
  secretOverlapSeconds: number,
): Promise<AppendResult[]> {
  const result = await appendDeliveries(pool, batches.flat(), secretOverlapSeconds)
  return batches.map((_batch, index) => (index === 0 ? result : { appended: 0, woken: [] }))
}
