import { WithStartWorkflowOperation, WorkflowUpdateFailedError } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { dropUpdate } from '../../workflows/messages.ts'
import { messageStartOptions } from '../../workflows/start-options.ts'
import { messageInput } from './message-input.ts'
import { onTemporal } from './on-temporal.ts'
import type { LoggedDelivery } from '../../workers/push/journal/delivery-rows.ts'
import type { Operations } from './operations.ts'
import {
  findMessage,
  selectionOf,
  showDelivery,
  type LoggedDeliveryReport,
  type MessageSelection,
} from './show-delivery.ts'

/** The workflow writes to the journal before it answers; a push process that has just started needs a moment. */
const dropTimeoutMs = 15_000

/**
 * Gives a message up for good. `reason` is for the log, 1 to 500 characters. Throws `IpsError('message-unknown')`,
 * `IpsError('delivery-state-wrong')` where it is neither retrying nor dead, `IpsError('reason-malformed')`,
 * `IpsError('temporal-unreachable')`, `IpsError('push-silent')` where no push process has done it in time, and
 * `IpsError('journal-unavailable')`, these three retryable.
 */
export async function dropDelivery(
  operations: Operations,
  selection: MessageSelection,
  reason: string,
): Promise<LoggedDeliveryReport> {
  const found = await findMessage(operations, selection)
  const { state } = found
  if (state !== 'retrying' && state !== 'dead') throw wrongState(found)
  const { client, taskQueue } = operations
  await onTemporal(client, () => client.workflowService.getSystemInfo({}))
  try {
    await onTemporal(
      client,
      () =>
        client.workflow.executeUpdateWithStart(dropUpdate, {
          args: [{ reason }],
          startWorkflowOperation: new WithStartWorkflowOperation('messageDelivery', {
            ...messageStartOptions(messageInput(found, state)),
            ...{ taskQueue, workflowIdConflictPolicy: 'USE_EXISTING' },
          }),
        }),
      dropTimeoutMs,
    )
  } catch (error) {
    throw toIpsError(error, found)
  }
  return showDelivery(operations, selectionOf(found))
}

function toIpsError(error: unknown, found: LoggedDelivery): unknown {
  if (error instanceof IpsError && error.code === 'temporal-unreachable') {
    // It has just answered: it waits for a push process.
    const message =
      'no push process has answered: is one up? The message may still be dropped when one is'
    return new IpsError('push-silent', message, { retryable: true, cause: error })
  }
  if (!(error instanceof WorkflowUpdateFailedError)) return error
  const { cause } = error
  if (!(cause instanceof ApplicationFailure)) return error
  if (cause.type === 'message-settled') return wrongState(found)
  return new IpsError(cause.type ?? 'drop-failed', cause.message, { cause })
}

function wrongState({ id, state }: LoggedDelivery): IpsError {
  return new IpsError(
    'delivery-state-wrong',
    `${id} is ${state}: only a message that is retrying or dead can be dropped`,
  )
}
