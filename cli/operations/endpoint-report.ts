import type { EndpointState, EndpointStatus } from '../../workflows/messages.ts'
import type { WorkflowAnswer } from './ask-workflow.ts'
import type { EndpointRecord } from '../../workers/push/journal/find-endpoints.ts'

/** An endpoint as operators and their programs see it. What is not there is `null`; times are RFC 3339. */
export interface EndpointReport {
  readonly clientId: string
  readonly endpointId: string
  readonly host: string
  readonly state: EndpointState
  /** Messages that wait. */
  readonly backlog: number
  /** Requests under way. */
  readonly inFlight: number
  readonly lastStatus: number | null
  readonly nextAttemptAt: string | null
  readonly lastError: string | null
  /** In a row. */
  readonly failures: number
  readonly retrying: number
  readonly dead: number
  /** Whether its workflow runs, and answers; `unreachable` where Temporal does not. */
  readonly workflow: WorkflowState
}

export type WorkflowState = 'answers' | 'silent' | 'none' | 'unreachable'

/** Puts together what the journal and the workflow say: the workflow knows better, where it answers. */
export function endpointReport(
  record: EndpointRecord,
  answer: WorkflowAnswer<EndpointStatus> | { readonly kind: 'unreachable' },
): EndpointReport {
  const { clientId, endpointId, host, backlog, inFlight, retrying, dead } = record
  const { state, failures, lastStatus, lastError, nextAttemptAt } = statusOf(record, answer)
  return {
    clientId,
    endpointId,
    host,
    state,
    backlog,
    inFlight,
    lastStatus: lastStatus ?? null,
    nextAttemptAt: (state === 'backing-off' ? nextAttemptAt : undefined) ?? null,
    lastError: lastError ?? null,
    failures,
    retrying,
    dead,
    workflow: answer.kind === 'status' ? 'answers' : answer.kind,
  }
}

type Status = Pick<
  EndpointStatus,
  'state' | 'failures' | 'lastStatus' | 'lastError' | 'nextAttemptAt'
>

function statusOf(
  record: EndpointRecord,
  answer: WorkflowAnswer<EndpointStatus> | { readonly kind: 'unreachable' },
): Status {
  if (answer.kind === 'status') return answer.status
  const { nextAttemptAt, ...noted } = record
  const { state, failures, lastStatus, lastError } = noted
  return {
    // What was noted last of a workflow that has ended is over.
    state: answer.kind === 'none' ? 'idle' : state,
    failures,
    ...(lastStatus === undefined ? {} : { lastStatus }),
    ...(lastError === undefined ? {} : { lastError }),
    ...(nextAttemptAt === undefined
      ? {}
      : { nextAttemptAt: new Date(nextAttemptAt).toISOString() }),
  }
}
