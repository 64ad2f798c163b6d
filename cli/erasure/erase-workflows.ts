import { setTimeout } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import { IpsError } from '../../lib/errors/ips-error.ts'
import { onTemporal } from '../operations/on-temporal.ts'

/** Requests to Temporal side by side. */
const maxConcurrentDeletions = 16
/** Temporal removes workflows in the background, some hundred a second; a client may have very many. */
const patienceMs = 10 * 60 * 1000
/** One look lists them all. */
const listTimeoutMs = 60_000
const betweenLooksMs = 500

/** A run of a workflow. */
interface Run {
  readonly workflowId: string
  readonly runId: string
}

/**
 * Ends and removes all workflows of a client, with their histories, until Temporal lists none. Returns how many there were.
 * Idempotent. Throws `IpsError('temporal-unreachable')` and, where Temporal still removes some after ten minutes,
 * `IpsError('workflows-remain')`, both retryable.
 */
export async function eraseWorkflows(client: Client, clientId: string): Promise<number> {
  const known = new Set<string>()
  const endAt = Date.now() + patienceMs
  for (;;) {
    const runs = await listRuns(client, clientId)
    if (runs.length === 0) return known.size
    for (const { workflowId, runId } of runs) known.add(`${workflowId} ${runId}`)
    await deleteRuns(client, runs)
    if (Date.now() > endAt) {
      throw new IpsError('workflows-remain', `Temporal still removes ${runs.length} workflows`, {
        retryable: true,
      })
    }
    await setTimeout(betweenLooksMs)
  }
}

function listRuns(client: Client, clientId: string): Promise<Run[]> {
  const list = async () => {
    const runs: Run[] = []
    // An id of a client has no character that would need escaping.
    for await (const run of client.workflow.list({ query: `clientId = '${clientId}'` })) {
      runs.push({ workflowId: run.workflowId, runId: run.runId })
    }
    return runs
  }
  return onTemporal(client, list, listTimeoutMs)
}

async function deleteRuns(client: Client, runs: readonly Run[]): Promise<void> {
  const queue = [...runs]
  const work = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop())
      await deleteRun(client, next)
  }
  await Promise.all(Array.from({ length: maxConcurrentDeletions }, work))
}

/** One that runs is ended first. */
async function deleteRun(client: Client, { workflowId, runId }: Run): Promise<void> {
  const { workflowService, options } = client.workflow
  await onTemporal(client, async () => {
    try {
      await workflowService.deleteWorkflowExecution({
        namespace: options.namespace,
        workflowExecution: { workflowId, runId },
      })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  })
}

/** gRPC's code. */
const notFound = 5

function isNotFound(error: unknown): boolean {
  return (Object(error) as { code?: unknown }).code === notFound
}
