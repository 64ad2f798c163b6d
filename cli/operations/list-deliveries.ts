import { IpsError } from '../../lib/errors/ips-error.ts'
import { reportDeliveries, type DeliveryReport } from './delivery-report.ts'
import { findEndpoints } from './find-endpoints.ts'
import { deliveryStates, type DeliveryState } from '../../workers/push/journal/delivery-rows.ts'
import type { Operations } from './operations.ts'
import { readLimit } from './read-limit.ts'

/** Which messages of a client. */
export interface DeliverySelection {
  readonly clientId: string
  readonly state?: string
  readonly correlationId?: string
  /** As it was given. */
  readonly limit: string
}

/**
 * Lists messages, the newest first. Throws `IpsError('state-invalid')`, `IpsError('limit-invalid')`, what `findEndpoints` throws
 * for an unknown client, and `IpsError('journal-unavailable')`, retryable.
 */
export async function listDeliveries(
  operations: Operations,
  { clientId, state, correlationId, limit }: DeliverySelection,
): Promise<DeliveryReport[]> {
  const selection = {
    clientId,
    ...(state === undefined ? {} : { state: readState(state) }),
    ...(correlationId === undefined ? {} : { correlationId }),
    limit: readLimit(limit),
  }
  await findEndpoints(operations, { clientId })
  return reportDeliveries(operations, await operations.journal.listDeliveries(selection))
}

function readState(text: string): DeliveryState {
  const state = deliveryStates.find((known) => known === text)
  if (state !== undefined) return state
  throw new IpsError('state-invalid', `${text} is none of ${deliveryStates.join(', ')}`)
}
