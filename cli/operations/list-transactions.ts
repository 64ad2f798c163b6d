import { IpsError } from '../../lib/errors/ips-error.ts'
import { claimsOf } from './claims-of.ts'
import { onTemporal } from './on-temporal.ts'
import { readLimit } from './read-limit.ts'
import type { TransactionOperations } from './transaction-operations.ts'
import {
  reportTransactions,
  transactionStates,
  type TransactionReport,
  type TransactionReportState,
} from './transaction-report.ts'

/** Which transactions of a client; `state` and `limit` as they were given. */
export interface TransactionListOptions {
  readonly clientId: string
  readonly state?: string
  readonly limit: string
}

/**
 * Lists transactions, those that something came of last first. Throws `IpsError('state-invalid')`,
 * `IpsError('limit-invalid')`, `IpsError('client-unknown')`, `IpsError('journal-unavailable')`, retryable, and, for those that
 * have failed only, `IpsError('temporal-unreachable')`, retryable: no journal knows them.
 */
export async function listTransactions(
  operations: TransactionOperations,
  { clientId, state: stateText, limit: limitText }: TransactionListOptions,
): Promise<TransactionReport[]> {
  const state = stateText === undefined ? undefined : readState(stateText)
  const limit = readLimit(limitText)
  const listed = await operations.journal.list({
    clientId,
    limit,
    ...(state === undefined ? {} : { state: state === 'failed' ? 'open' : state }),
    ...(state === 'failed'
      ? { correlationIds: await findFailed(operations, clientId, limit) }
      : {}),
  })
  if (listed.length === 0 && (await operations.journal.list({ clientId, limit: 1 })).length === 0)
    await claimsOf(operations, clientId)
  const reports = await reportTransactions(operations, listed)
  return reports.filter((report) => state === undefined || report.state === state)
}

/** Transactions whose workflows say that they have failed: by the search attributes. */
function findFailed(
  { client }: Pick<TransactionOperations, 'client'>,
  clientId: string,
  limit: number,
): Promise<string[]> {
  return onTemporal(client, async () => {
    const prefix = `transaction/${clientId}/`
    const ids: string[] = []
    const query = `WorkflowType = 'transactionSummary' AND ExecutionStatus = 'Running' AND clientId = ${quoted(clientId)} AND deliveryState = 'failed'`
    for await (const { workflowId } of client.workflow.list({ query })) {
      ids.push(workflowId.slice(prefix.length))
      if (ids.length >= limit) break
    }
    return ids
  })
}

/** A text within a query of Temporal's. */
function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`
}

function readState(text: string): TransactionReportState {
  const state = transactionStates.find((known) => known === text)
  if (state !== undefined) return state
  throw new IpsError('state-invalid', `${text} is none of ${transactionStates.join(', ')}`)
}
