import type { WorkflowHandleWithSignaledRunId } from '@temporalio/client'
import type { WorkflowTests } from './workflow-tests.ts'

/** One run of a workflow: the length of its history, and the bytes of its input. */
export interface WorkflowRun {
  readonly events: number
  readonly inputBytes: number
}

/** The runs of a workflow from the one that was signalled on, the first one first. */
export async function runsOf(
  { environment }: WorkflowTests,
  { workflowId, signaledRunId }: SignalledWorkflow,
): Promise<WorkflowRun[]> {
  const runs: WorkflowRun[] = []
  for (let runId = signaledRunId; runId !== '';) {
    const { events }: History = await environment.client.workflow
      .getHandle(workflowId, runId)
      .fetchHistory()
    const started = events?.[0]?.workflowExecutionStartedEventAttributes
    const payloads = started?.input?.payloads ?? []
    runs.push({
      events: events?.length ?? 0,
      inputBytes: payloads.reduce((sum, { data }) => sum + (data?.length ?? 0), 0),
    })
    const last = events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes
    runId = last?.newExecutionRunId ?? ''
  }
  return runs
}

type SignalledWorkflow = Pick<WorkflowHandleWithSignaledRunId, 'workflowId' | 'signaledRunId'>
type History = Awaited<ReturnType<WorkflowHandleWithSignaledRunId['fetchHistory']>>
