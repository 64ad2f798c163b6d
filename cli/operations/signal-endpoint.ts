import { WorkflowNotFoundError } from '@temporalio/client'
import type { SignalDefinition } from '@temporalio/workflow'
import {
  endpointWorkflowId,
  statusQuery,
  type EndpointDeliveryInput,
  type EndpointStatus,
} from '../../workflows/messages.ts'
import { endpointStartOptions } from '../../workflows/start-options.ts'
import { askWorkflow } from './ask-workflow.ts'
import { onTemporal } from './on-temporal.ts'
import type { Operations } from './operations.ts'
import { poll } from './poll.ts'

/** What is said to the workflow of an endpoint. */
export interface EndpointSignal {
  readonly signal: SignalDefinition<[unknown?]>
  readonly input?: unknown
  /** Starts the workflow where it does not run. */
  readonly starts: boolean
}

/**
 * Signals the workflow of an endpoint; false where it does not run, and was not to be started. Throws
 * `IpsError('temporal-unreachable')`, retryable.
 */
export async function signalEndpoint(
  { client, taskQueue }: Pick<Operations, 'client' | 'taskQueue'>,
  { clientId, endpointId, host }: EndpointDeliveryInput,
  { signal, input, starts }: EndpointSignal,
): Promise<boolean> {
  const signalArgs: [unknown?] = input === undefined ? [] : [input]
  const workflowId = endpointWorkflowId({ clientId, endpointId })
  try {
    await onTemporal(client, async () => {
      if (!starts) {
        await client.workflow.getHandle(workflowId).signal(signal, ...signalArgs)
        return
      }
      await client.workflow.signalWithStart('endpointDelivery', {
        ...endpointStartOptions({ clientId, endpointId, host }),
        ...{ taskQueue, signal, signalArgs },
      })
    })
    return true
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false
    throw error
  }
}

/**
 * Waits until the workflow of an endpoint has taken something, which its status says, or does not run any more; false where
 * it has not by `timeoutMs`, or no process answers for it. Throws `IpsError('temporal-unreachable')`, retryable.
 */
export async function untilTaken(
  { client, now }: Pick<Operations, 'client' | 'now'>,
  endpoint: { readonly clientId: string; readonly endpointId: string },
  isTaken: (status: EndpointStatus) => boolean,
  timeoutMs: number,
): Promise<boolean> {
  const taken = await poll(
    async () => {
      const answer = await askWorkflow(client, endpointWorkflowId(endpoint), statusQuery)
      if (answer.kind !== 'status') return answer.kind === 'none'
      return isTaken(answer.status) || undefined
    },
    { now, timeoutMs },
  )
  return taken ?? false
}
