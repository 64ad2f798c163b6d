import { IpsError } from '../../lib/errors/ips-error.ts'
import { reportDelivery, type DeliveryReport } from './delivery-report.ts'
import type { LoggedDelivery } from '../../workers/push/journal/delivery-rows.ts'
import type { Operations } from './operations.ts'

/** An attempt as operators see it. */
export interface AttemptReport {
  /** From 1 for each message. */
  readonly number: number
  readonly at: string
  readonly status: number | null
  readonly error: string | null
  readonly durationMs: number
  readonly address: string | null
  /** The first bytes of the answer. */
  readonly answer: string | null
}

/** A message with its log. */
export interface LoggedDeliveryReport extends DeliveryReport {
  readonly clientId: string
  readonly host: string
  /** The last attempts, the oldest first. */
  readonly log: readonly AttemptReport[]
}

/** Which message; of several copies the newest, or the one of an endpoint. */
export interface MessageSelection {
  readonly messageId: string
  readonly endpointId?: string
}

/** Finds a message. Throws `IpsError('message-unknown')`, or `IpsError('journal-unavailable')`, retryable. */
export async function findMessage(
  { journal }: Pick<Operations, 'journal'>,
  { messageId, endpointId }: MessageSelection,
): Promise<LoggedDelivery> {
  const copies = await journal.findDelivery(messageId)
  const found = copies.find((copy) => endpointId === undefined || copy.endpointId === endpointId)
  if (found !== undefined) return found
  const reason =
    copies.length === 0
      ? 'it was never for a webhook, or retention has removed it'
      : `it is at the endpoint ${copies.map((copy) => copy.endpointId).join(', ')}`
  throw new IpsError('message-unknown', `the journal has no message ${messageId} there: ${reason}`)
}

/** Exactly this copy. */
export function selectionOf({ id, endpointId }: LoggedDelivery): MessageSelection {
  return { messageId: id, endpointId }
}

/** Says how a message stands, with its attempts. Throws what `findMessage` throws. */
export async function showDelivery(
  operations: Pick<Operations, 'client' | 'journal'>,
  selection: MessageSelection,
): Promise<LoggedDeliveryReport> {
  const found = await findMessage(operations, selection)
  const { clientId, host, log } = found
  const report = await reportDelivery(operations, found)
  return { ...report, clientId, host, log: log.map(attemptReport) }
}

function attemptReport(attempt: LoggedDelivery['log'][number]): AttemptReport {
  const { number, at, status, error, durationMs, address, answer } = attempt
  return {
    number,
    at: new Date(at).toISOString(),
    status: status ?? null,
    error: error ?? null,
    durationMs,
    address: address ?? null,
    answer: answer ?? null,
  }
}
