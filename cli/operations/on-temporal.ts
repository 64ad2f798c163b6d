import { WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client'
import { IpsError } from '../../lib/errors/ips-error.ts'

/** A Temporal that takes longer is as good as away. */
const callTimeoutMs = 5_000

/**
 * Runs calls of the Temporal client, bounded in time. Throws `IpsError('temporal-unreachable')`, retryable, for whatever goes
 * wrong, but lets through that there is no such workflow, and that one has refused an update.
 */
export async function onTemporal<T>(
  client: Client,
  calls: () => Promise<T>,
  timeoutMs = callTimeoutMs,
): Promise<T> {
  try {
    return await client.withDeadline(Date.now() + timeoutMs, calls)
  } catch (cause) {
    if (cause instanceof WorkflowNotFoundError || cause instanceof WorkflowUpdateFailedError) {
      throw cause
    }
    throw new IpsError('temporal-unreachable', 'Temporal does not answer: is it up?', {
      retryable: true,
      cause,
    })
  }
}
