import { WorkflowNotFoundError, type Client } from '@temporalio/client'
import type { QueryDefinition } from '@temporalio/workflow'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { onTemporal } from './on-temporal.ts'

/**
 * What a workflow says of itself. `none`: it does not run. `silent`: it runs, but no process answers for it in time: none that
 * works on it is up, or it is overloaded.
 */
export type WorkflowAnswer<Status> =
  | { readonly kind: 'status'; readonly status: Status }
  | { readonly kind: 'none' }
  | { readonly kind: 'silent' }

/** Answers come in milliseconds; a process that has just started replays the history first. */
const queryTimeoutMs = 3_000

/** Asks a running workflow how it stands. Throws `IpsError('temporal-unreachable')`, retryable. */
export async function askWorkflow<Status>(
  client: Client,
  workflowId: string,
  query: QueryDefinition<Status>,
): Promise<WorkflowAnswer<Status>> {
  const handle = client.workflow.getHandle(workflowId)
  try {
    const { status } = await onTemporal(client, () => handle.describe())
    if (status.name !== 'RUNNING') return { kind: 'none' }
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { kind: 'none' }
    throw error
  }
  try {
    const status = await onTemporal(client, () => handle.query(query), queryTimeoutMs)
    return { kind: 'status', status }
  } catch (error) {
    // Temporal has just answered: it is the workflow that does not.
    return error instanceof WorkflowNotFoundError ? { kind: 'none' } : { kind: 'silent' }
  }
}

/** The answer where Temporal is away; anything else is thrown again. */
export function asUnreachable(error: unknown): { readonly kind: 'unreachable' } {
  if (error instanceof IpsError && error.code === 'temporal-unreachable') {
    return { kind: 'unreachable' }
  }
  throw error
}
