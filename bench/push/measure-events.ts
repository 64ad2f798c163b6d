import { round } from '../statistics.ts'
import { createEndpoints } from './traffic.ts'
import { withStage, type Stage } from './with-stage.ts'

/** What deliveries cost Temporal. */
export interface EventCount {
  /** Of healthy endpoints that are awake. */
  readonly perThousandDeliveries: number
  /** Of an endpoint that is woken: the workflow's start, and that of its delivery. */
  readonly perWakeUp: number
  readonly deliveries: number
}

const endpoints = 100
const warmUpMessages = 1_000

/** Counts the events in the histories of 100 endpoints' workflows before and after so many deliveries. */
export async function measureEvents(options: { readonly messages: number }): Promise<EventCount> {
  return withStage(async (stage) => {
    const url = `${stage.sink.origin}/ok`
    const targets = await createEndpoints(stage.fixture, { name: 'event', count: endpoints, url })
    await stage.deliver(targets, warmUpMessages)
    const before = await countEvents(stage)
    await stage.deliver(targets, options.messages)
    const after = await countEvents(stage)
    return {
      perThousandDeliveries: round(((after - before) * 1_000) / options.messages),
      perWakeUp: round(before / endpoints),
      deliveries: options.messages,
    }
  })
}

async function countEvents({ temporal, fixture }: Stage): Promise<number> {
  let events = 0
  const query = `TaskQueue = '${fixture.taskQueue}'`
  for await (const { workflowId, runId } of temporal.workflow.list({ query })) {
    const { historyLength } = await temporal.workflow.getHandle(workflowId, runId).describe()
    events += historyLength
  }
  return events
}
