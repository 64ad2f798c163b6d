import { limitConcurrency } from '../../lib/process/limit-concurrency.ts'
import {
  messageStatusQuery,
  messageWorkflowId,
  type MessageStatus,
} from '../../workflows/messages.ts'
import { askWorkflow, asUnreachable, type WorkflowAnswer } from './ask-workflow.ts'
import type { DeliveryRecord, DeliveryState } from '../../workers/push/journal/delivery-rows.ts'
import type { Operations } from './operations.ts'

/** A message as operators and their programs see it. What is not there is `null`; times are RFC 3339. */
export interface DeliveryReport {
  readonly id: string
  readonly type: string
  readonly correlationId: string
  readonly state: DeliveryState
  readonly attempts: number
  readonly lastStatus: number | null
  readonly lastError: string | null
  readonly createdAt: string
  readonly nextAttemptAt: string | null
  readonly endpointId: string
  /** Why it is dead or dropped. */
  readonly reason: string | null
  /** The state of its endpoint, where that keeps a retrying message from being sent. */
  readonly held: string | null
}

/** A question costs the server some milliseconds. */
const concurrency = 8
/** So many messages of an endpoint have a workflow at a time; a list that is longer is not for waiting. */
const maxAsked = 200

/**
 * Completes what the journal says of messages: when those that are retrying are tried next is known to their own workflows.
 * Does not throw where Temporal or the push processes are away: then that is not known.
 */
export function reportDeliveries(
  operations: Pick<Operations, 'client'>,
  records: readonly DeliveryRecord[],
): Promise<DeliveryReport[]> {
  const limit = limitConcurrency(concurrency)
  const askable = new Set(records.filter(({ state }) => state === 'retrying').slice(0, maxAsked))
  let isAway = false
  const ask = async (record: DeliveryRecord): Promise<MessageStatus | undefined> => {
    if (isAway) return undefined
    const answer = await askMessage(operations, record.id).catch(asUnreachable)
    // Nobody would answer for the others either: each would cost the whole time-out.
    if (answer.kind === 'silent' || answer.kind === 'unreachable') isAway = true
    return answer.kind === 'status' ? answer.status : undefined
  }
  return Promise.all(
    records.map(async (record) =>
      deliveryReport(record, askable.has(record) ? ((await limit(() => ask(record))) ?? {}) : {}),
    ),
  )
}

/** The same of one message. */
export async function reportDelivery(
  operations: Pick<Operations, 'client'>,
  record: DeliveryRecord,
): Promise<DeliveryReport> {
  if (record.state !== 'retrying') return deliveryReport(record, {})
  const answer = await askMessage(operations, record.id).catch(asUnreachable)
  return deliveryReport(record, answer.kind === 'status' ? answer.status : {})
}

/** How the workflow of a message stands. Throws `IpsError('temporal-unreachable')`, retryable. */
export function askMessage(
  { client }: Pick<Operations, 'client'>,
  messageId: string,
): Promise<WorkflowAnswer<MessageStatus>> {
  return askWorkflow(client, messageWorkflowId(messageId), messageStatusQuery)
}

function deliveryReport(
  record: DeliveryRecord,
  workflow: Pick<MessageStatus, 'nextAttemptAt' | 'held'>,
): DeliveryReport {
  const { id, type, correlationId, state, attempts, lastStatus, lastError } = record
  return {
    ...{ id, type, correlationId, state, attempts },
    lastStatus: lastStatus ?? null,
    lastError: lastError ?? null,
    createdAt: new Date(record.createdAt).toISOString(),
    nextAttemptAt: workflow.nextAttemptAt ?? toTime(record.nextAttemptAt),
    endpointId: record.endpointId,
    reason: record.reason ?? null,
    held: workflow.held ?? null,
  }
}

function toTime(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString()
}
