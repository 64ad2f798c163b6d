import type { TransactionKey } from '../../activities/summary/transaction-record.ts'
import { searchAttributeKeys } from '../search-attributes.ts'
import type { StartOptions } from '../start-options.ts'

/** The id of a transaction's workflow. */
export function transactionWorkflowId({ clientId, correlationId }: TransactionKey): string {
  return `transaction/${clientId}/${correlationId}`
}

/** How `transactionSummary` is started. */
export function transactionStartOptions({
  clientId,
  correlationId,
}: TransactionKey): StartOptions<TransactionKey> {
  return {
    workflowId: transactionWorkflowId({ clientId, correlationId }),
    args: [{ clientId, correlationId }],
    staticSummary: `summary of transaction ${correlationId} of ${clientId}`,
    memo: { clientId, correlationId },
    typedSearchAttributes: [
      { key: searchAttributeKeys.clientId, value: clientId },
      { key: searchAttributeKeys.correlationId, value: correlationId },
      { key: searchAttributeKeys.deliveryState, value: 'incomplete' },
    ],
  }
}
