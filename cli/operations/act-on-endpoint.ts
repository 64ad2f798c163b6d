import {
  disableSignal,
  enableSignal,
  endpointWorkflowId,
  pauseSignal,
  resumeSignal,
  retryNowSignal,
  statusQuery,
  type EndpointStatus,
} from '../../workflows/messages.ts'
import type { SignalDefinition } from '@temporalio/workflow'
import { askWorkflow } from './ask-workflow.ts'
import { findEndpoints, type EndpointSelection } from './find-endpoints.ts'
import type { EndpointRecord } from '../../workers/push/journal/find-endpoints.ts'
import type { Operations } from './operations.ts'
import { showEndpoint, type EndpointReports } from './show-endpoint.ts'
import { signalEndpoint, untilTaken } from './signal-endpoint.ts'

/** Where endpoints stand after an action. */
export interface ActionReport extends EndpointReports {
  /** False where a workflow was told, but has not done so yet: it will. */
  readonly taken: boolean
}

interface ActionDefinition {
  readonly signal: SignalDefinition
  /** Whether it means something to an endpoint that sleeps. */
  readonly wakes: boolean
  readonly isTaken: (status: EndpointStatus, failuresBefore: number) => boolean
}

/** What operators can do with an endpoint, besides replays. */
const actions = {
  pause: { signal: pauseSignal, wakes: true, isTaken: ({ state }) => state === 'paused' },
  resume: { signal: resumeSignal, wakes: false, isTaken: ({ state }) => state !== 'paused' },
  retry: {
    signal: retryNowSignal,
    wakes: false,
    isTaken: ({ state, failures }, failuresBefore) =>
      state !== 'backing-off' || failures > failuresBefore,
  },
  enable: { signal: enableSignal, wakes: false, isTaken: ({ state }) => state !== 'disabled' },
  disable: { signal: disableSignal, wakes: true, isTaken: ({ state }) => state === 'disabled' },
} as const satisfies Record<string, ActionDefinition>

export type EndpointAction = keyof typeof actions

/** Requests under way may take 15 s to end, and a pause waits for them; longer than this nobody looks at a command. */
const takenTimeoutMs = 10_000

/**
 * Does something with endpoints, waits a while until their workflows have done it, and says how they stand then. One that
 * sleeps is only woken where it has a backlog, or the action means something to it. Idempotent. Throws what `findEndpoints`
 * throws, `IpsError('temporal-unreachable')` and `IpsError('journal-unavailable')`, both retryable.
 */
export async function actOnEndpoint(
  operations: Operations,
  selection: EndpointSelection,
  action: EndpointAction,
): Promise<ActionReport> {
  const endpoints = await findEndpoints(operations, selection)
  const definition: ActionDefinition = actions[action]
  const taken = await Promise.all(
    endpoints.map((endpoint) => act(operations, endpoint, definition)),
  )
  return { ...(await showEndpoint(operations, selection)), taken: taken.every(Boolean) }
}

async function act(
  operations: Operations,
  endpoint: EndpointRecord,
  { signal, wakes, isTaken }: ActionDefinition,
): Promise<boolean> {
  const before = await askWorkflow(operations.client, endpointWorkflowId(endpoint), statusQuery)
  const failuresBefore = before.kind === 'status' ? before.status.failures : endpoint.failures
  const starts = wakes || endpoint.backlog > 0
  if (!(await signalEndpoint(operations, endpoint, { signal, starts }))) return true
  return untilTaken(
    operations,
    endpoint,
    (status) => isTaken(status, failuresBefore),
    takenTimeoutMs,
  )
}
