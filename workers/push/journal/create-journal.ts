import type { DeliveryJournal } from '../../../activities/delivery/delivery-journal.ts'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import {
  appendDeliveries,
  type AppendResult,
  type NewDelivery,
  type WokenEndpoint,
} from './append-deliveries.ts'
import { interruptChannel } from './channels.ts'
import { createCoalescer } from './create-coalescer.ts'
import type { SecretBox } from './create-secret-box.ts'
import { claimEndpoint, findUnsignalled, markSignalled, putToSleep } from './endpoint-rows.ts'
import { readEndpointSettings } from './endpoint-settings.ts'
import { onJournal } from './journal-errors.ts'
import type { News } from './listen.ts'
import { readDeliveries } from './read-deliveries.ts'
import { removeSettled } from './remove-settled.ts'
import { settleDeliveries } from './settle-deliveries.ts'

/** The journal of push: its write side, and what the delivery needs of it. */
export interface PushJournal extends DeliveryJournal {
  /** Resolves when the messages are durable; see `appendDeliveries`. Appends of several callers share one transaction. */
  append(deliveries: readonly NewDelivery[]): Promise<AppendResult>
  markSignalled(endpoints: readonly WokenEndpoint[]): Promise<void>
  findUnsignalled(limit: number): Promise<WokenEndpoint[]>
  /** Removes old messages that are settled; see `removeSettled`. */
  removeSettled(retentionSeconds: number, limit: number): Promise<number>
  /** Throws `IpsError('journal-unavailable')` where it is. */
  check(): Promise<void>
}

/** Batches of the twelve partitions of two topics may go together. */
const maxAppends = 24
/** Pages of one statement: each may hold a quarter of a MiB. */
const maxReads = 64
const maxSettlements = 2_000
/** Settlements may wait for so long, to go together: each statement costs about a ms, whatever it settles. */
const settleIntervalMs = 20

/** Creates the journal on a database that has its schema. */
export function createJournal(pool: Pool, box: SecretBox, news: News): PushJournal {
  const append = createCoalescer<readonly NewDelivery[], AppendResult>({
    maxRequests: maxAppends,
    run: (batches) => appendTogether(pool, batches),
  })
  const read = createCoalescer({
    maxRequests: maxReads,
    run: (requests: readonly { endpointId: string; after: number }[]) =>
      readDeliveries(pool, requests),
  })
  const settle = createCoalescer({
    maxRequests: maxSettlements,
    intervalMs: settleIntervalMs,
    run: (settlements: Parameters<typeof settleDeliveries>[1]) =>
      settleDeliveries(pool, settlements),
  })
  return {
    append,
    read: (endpointId, after) => read({ endpointId, after }),
    async settle(settlement) {
      if (await settle(settlement)) return
      throw new IpsError('endpoint-taken-over', 'another delivery has claimed the endpoint', {
        retryable: true,
      })
    },
    async claim(endpointId, owner) {
      const row = await claimEndpoint(pool, endpointId, owner)
      if (row === undefined) return undefined
      const { clientId, cursor, settledBeyond, sealed, settings } = row
      const secrets = box.open(endpointId, sealed)
      return { clientId, cursor, settledBeyond, ...secrets, ...readEndpointSettings(settings) }
    },
    fallAsleep: (endpointId, after) => putToSleep(pool, endpointId, after),
    async interrupt(endpointId) {
      await onJournal('interrupting a delivery', () =>
        pool.query('SELECT pg_notify($1, $2)', [interruptChannel, endpointId]),
      )
    },
    subscribe: (endpointId, listener) => news.subscribe(endpointId, listener),
    markSignalled: (endpoints) => markSignalled(pool, endpoints),
    findUnsignalled: (limit) => findUnsignalled(pool, limit),
    removeSettled: (retentionSeconds, limit) => removeSettled(pool, retentionSeconds, limit),
    async check() {
      await onJournal('asking the journal', () => pool.query('SELECT 1'))
    },
  }
}

/** One transaction for several callers: the first of them is told of the endpoints that are to be woken. */
async function appendTogether(
  pool: Pool,
  batches: readonly (readonly NewDelivery[])[],
): Promise<AppendResult[]> {
  const result = await appendDeliveries(pool, batches.flat())
  return batches.map((_batch, index) => (index === 0 ? result : { appended: 0, woken: [] }))
}
