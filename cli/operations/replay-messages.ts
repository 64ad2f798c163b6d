import { IpsError } from '../../lib/errors/ips-error.ts'
import {
  endpointWorkflowId,
  replaySignal,
  statusQuery,
  type EndpointStatus,
  type ReplayRequest,
} from '../../workflows/messages.ts'
import { askWorkflow } from './ask-workflow.ts'
import { findEndpoints, type EndpointSelection } from './find-endpoints.ts'
import type { EndpointRecord } from '../../workers/push/journal/find-endpoints.ts'
import type { Operations } from './operations.ts'
import { showEndpoint, type EndpointReports } from './show-endpoint.ts'
import { signalEndpoint, untilTaken } from './signal-endpoint.ts'

/** Where endpoints stand after a replay was asked for. */
export interface ReplayReport extends EndpointReports {
  /** Messages that were put into the queue so far. */
  readonly replayed: number
  /** False where the replay goes on, or has not begun. */
  readonly taken: boolean
}

/** What a workflow accepts at a time. */
const maxIds = 1_000
/** A replay of so long is one of very many messages: it goes on without being watched. */
const takenTimeoutMs = 10_000

/**
 * Asks for messages to be sent once more, with their ids: these, all since a time (RFC 3339), or what is dead; waits a while
 * until they are in the queue. Ids go to the endpoints that have them. Throws what `findEndpoints` throws,
 * `IpsError('message-unknown')`, `IpsError('delivery-state-wrong')` for an expired one, `IpsError('ids-too-many')`,
 * `IpsError('temporal-unreachable')` and `IpsError('journal-unavailable')`, both retryable.
 */
export async function replayMessages(
  operations: Operations,
  selection: EndpointSelection,
  { since, ids }: ReplayRequest,
): Promise<ReplayReport> {
  const endpoints = await findEndpoints(operations, selection)
  const idsOf = ids === undefined ? undefined : await groupIds(operations, selection, ids)
  const results = await Promise.all(
    endpoints.flatMap((endpoint) => {
      const own = idsOf?.get(endpoint.endpointId)
      if (since === undefined && idsOf !== undefined && own === undefined) return []
      const request = {
        ...(since === undefined ? {} : { since }),
        ...(own === undefined ? {} : { ids: own }),
      }
      return [replay(operations, endpoint, request)]
    }),
  )
  return {
    ...(await showEndpoint(operations, selection)),
    replayed: results.reduce((sum, result) => sum + result.replayed, 0),
    taken: results.every((result) => result.taken),
  }
}

/** The ids by the endpoints that have them, of several copies the newest. */
async function groupIds(
  { journal }: Operations,
  { clientId, endpointId }: EndpointSelection,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (ids.length > maxIds) {
    throw new IpsError('ids-too-many', `${ids.length} ids: ${maxIds} at a time, or --since`)
  }
  const groups = new Map<string, string[]>()
  for (const id of new Set(ids)) {
    const copies = (await journal.findDelivery(id)).filter(
      (copy) =>
        copy.clientId === clientId && (endpointId === undefined || copy.endpointId === endpointId),
    )
    const found = copies.find(({ state }) => state !== 'expired')
    if (copies.length === 0) {
      throw new IpsError('message-unknown', `${clientId} has no message ${id} there`)
    }
    if (found === undefined) {
      throw new IpsError('delivery-state-wrong', `${id} has expired: its body is gone`)
    }
    groups.set(found.endpointId, [...(groups.get(found.endpointId) ?? []), id])
  }
  return groups
}

async function replay(
  operations: Operations,
  endpoint: EndpointRecord,
  request: ReplayRequest,
): Promise<{ taken: boolean; replayed: number }> {
  const status = async (): Promise<EndpointStatus | undefined> => {
    const answer = await askWorkflow(operations.client, endpointWorkflowId(endpoint), statusQuery)
    return answer.kind === 'status' ? answer.status : undefined
  }
  const before = (await status())?.replayed ?? 0
  const input = request.since === undefined && request.ids === undefined ? undefined : request
  await signalEndpoint(operations, endpoint, { signal: replaySignal, input, starts: true })
  const taken = await untilTaken(
    operations,
    endpoint,
    ({ replaying }) => replaying !== true,
    takenTimeoutMs,
  )
  return { taken, replayed: ((await status())?.replayed ?? before) - before }
}
