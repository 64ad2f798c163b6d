import type { SearchAttributePair } from '@temporalio/common'
import {
  endpointWorkflowId,
  messageWorkflowId,
  type EndpointDeliveryInput,
  type MessageDeliveryInput,
} from './messages.ts'
import { searchAttributeKeys } from './search-attributes.ts'

/** With what a workflow is started, whoever starts it: names for operators, and nothing secret. */
export interface StartOptions<Input> {
  readonly workflowId: string
  readonly args: [Input]
  readonly staticSummary: string
  readonly memo: Record<string, string>
  readonly typedSearchAttributes: SearchAttributePair[]
}

/** How `endpointDelivery` is started. */
export function endpointStartOptions(
  input: EndpointDeliveryInput,
): StartOptions<EndpointDeliveryInput> {
  const { clientId, endpointId, host } = input
  return {
    workflowId: endpointWorkflowId(input),
    args: [input],
    staticSummary: `webhooks of ${clientId} to ${host}`,
    memo: { clientId, host },
    typedSearchAttributes: [
      { key: searchAttributeKeys.clientId, value: clientId },
      { key: searchAttributeKeys.endpoint, value: endpointId },
      { key: searchAttributeKeys.deliveryState, value: 'delivering' },
    ],
  }
}

/** How `messageDelivery` is started. */
export function messageStartOptions(
  input: MessageDeliveryInput,
): StartOptions<MessageDeliveryInput> {
  const { clientId, endpointId, host, messageId, correlationId, state } = input
  return {
    workflowId: messageWorkflowId(messageId),
    args: [input],
    staticSummary: `message ${messageId} of ${clientId} to ${host}`,
    memo: { clientId, host, endpointId },
    typedSearchAttributes: [
      { key: searchAttributeKeys.clientId, value: clientId },
      { key: searchAttributeKeys.endpoint, value: endpointId },
      { key: searchAttributeKeys.correlationId, value: correlationId },
      { key: searchAttributeKeys.deliveryState, value: state },
    ],
  }
}
