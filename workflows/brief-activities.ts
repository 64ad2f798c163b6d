import { proxyActivities, workflowInfo, type ActivityInterfaceFor } from '@temporalio/workflow'

/** The queue of short activities beside a queue of long ones: a thousand long ones never hold them up. */
export function briefTaskQueueOf(taskQueue: string): string {
  return `${taskQueue}-brief`
}

/**
 * Short activities of the workflow that calls: they wait for the journal and for their worker for as long as they must.
 * `summary` is shown by the Temporal UI.
 */
export function briefActivities<A>(summary?: string): ActivityInterfaceFor<A> {
  return proxyActivities<A>({
    ...(summary === undefined ? {} : { summary }),
    taskQueue: briefTaskQueueOf(workflowInfo().taskQueue),
    // A POST has 15 s, a step of a long replay 10 s: this ends what a killed process had begun.
    startToCloseTimeout: '1 minute',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
  })
}
