import type { ClientKeys } from '../../lib/client-keys/create-client-keys.ts'
import type { Pool } from '../../lib/postgres/create-pool.ts'
import type { DeliveryRecord, LoggedDelivery } from '../../workers/push/journal/delivery-rows.ts'
import { findDelivery } from '../../workers/push/journal/find-delivery.ts'
import { findEndpoints, type EndpointRecord } from '../../workers/push/journal/find-endpoints.ts'
import {
  listDeliveries,
  type DeliverySelection,
} from '../../workers/push/journal/list-deliveries.ts'
import { findKeyTrouble, type KeyTrouble } from './find-key-trouble.ts'

/** The journal of push as operators see it. Every function throws `IpsError('journal-unavailable')`, retryable. */
export interface OperatorJournal {
  /** The newest first. */
  findEndpoints(clientId: string): Promise<readonly EndpointRecord[]>
  /** The newest first, `limit` at most. */
  listDeliveries(selection: DeliverySelection): Promise<readonly DeliveryRecord[]>
  /** All copies of a message, at one endpoint each, the newest first. */
  findDelivery(messageId: string): Promise<readonly LoggedDelivery[]>
  /** See `findKeyTrouble`. */
  findKeyTrouble(clientId: string): Promise<KeyTrouble | undefined>
}

/** Creates it on the journal's database, with the keys of push's clients. */
export function createOperatorJournal(pool: Pool, keys: ClientKeys): OperatorJournal {
  return {
    findEndpoints: (clientId) => findEndpoints(pool, clientId),
    listDeliveries: (selection) => listDeliveries(pool, selection),
    findDelivery: (messageId) => findDelivery(pool, keys, messageId),
    findKeyTrouble: (clientId) => findKeyTrouble(pool, keys, clientId),
  }
}
