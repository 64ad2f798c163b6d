import { randomUUID } from 'node:crypto'
import type { WorkflowHandleWithSignaledRunId } from '@temporalio/client'
import type { SignalDefinition } from '@temporalio/common'
import { Context } from '@temporalio/activity'
import { Worker } from '@temporalio/worker'
import type { DeliveryActivities, DeliveryResult } from '../../activities/deliver-endpoint.ts'
import type { OperationsActivities } from '../../activities/operate-endpoint.ts'
import { briefTaskQueueOf } from '../../workflows/brief-activities.ts'
import type { endpointDelivery } from '../../workflows/endpoint-delivery.ts'
import { wakeUpSignal } from '../../workflows/messages.ts'
import { endpointStartOptions } from '../../workflows/start-options.ts'
import type { WorkflowTests } from './workflow-tests.ts'

export type EndpointHandle = WorkflowHandleWithSignaledRunId<typeof endpointDelivery>

/** What an activity does when it is called: a result, or something that takes its time. */
export type DeliveryScript = (DeliveryResult | ((call: DeliveryCall) => Promise<DeliveryResult>))[]

export interface DeliveryCall {
  readonly probe: boolean
  readonly atMs: number
  /** Aborted by `interruptEndpoint`, or by the cancellation. */
  readonly interrupted: AbortSignal
}

/** An endpoint with its workflow at work. */
export interface ScriptedEndpoint {
  readonly handle: EndpointHandle
  readonly calls: readonly DeliveryCall[]
  readonly wake: () => Promise<EndpointHandle>
}

export const asleep: DeliveryResult = { outcome: 'asleep', delivered: 0, refused: 0 }
export const trouble: DeliveryResult = {
  outcome: 'trouble',
  delivered: 0,
  refused: 0,
  status: 503,
  error: 'status-503',
}

/** Operations that do nothing, but for those that a test brings. */
export function idleOperations(
  operations: Partial<OperationsActivities> = {},
): OperationsActivities {
  return {
    noteEndpoint: () => Promise.resolve(),
    replayMessages: () => Promise.resolve({ messages: 0 }),
    buryMessages: () => Promise.resolve({ messages: 0, hasMore: false }),
    settleMessage: () => Promise.resolve(true),
    isRefused: () => Promise.resolve(true),
    ...operations,
  }
}

/** How a test's endpoint differs. */
export interface EndpointTestOptions {
  readonly operations?: Partial<OperationsActivities>
  /** With which its workflow starts. */
  readonly signal?: SignalDefinition | SignalDefinition<[unknown?]>
}

/** Runs `work` beside workers whose deliveries follow a script, after which the endpoint is asleep. */
export async function withEndpoint(
  { environment, workflowBundle }: WorkflowTests,
  script: DeliveryScript,
  work: (endpoint: ScriptedEndpoint) => Promise<void>,
  { operations, signal = wakeUpSignal }: EndpointTestOptions = {},
): Promise<void> {
  const taskQueue = randomUUID()
  const calls: DeliveryCall[] = []
  let interrupting = new AbortController()
  const deliveries: DeliveryActivities = {
    async deliverEndpoint({ probe }) {
      interrupting = new AbortController()
      const interrupted = AbortSignal.any([
        interrupting.signal,
        Context.current().cancellationSignal,
      ])
      const call = { probe, atMs: await environment.currentTimeMs(), interrupted }
      calls.push(call)
      const step = script[calls.length - 1] ?? asleep
      return typeof step === 'function' ? step(call) : step
    },
    interruptEndpoint() {
      interrupting.abort()
      return Promise.resolve()
    },
  }
  const operating = idleOperations(operations)
  const common = {
    connection: environment.nativeConnection,
    maxHeartbeatThrottleInterval: '200 milliseconds',
  } as const
  const worker = await Worker.create({
    ...common,
    taskQueue,
    workflowBundle,
    activities: { ...deliveries, ...operating },
  })
  const briefWorker = await Worker.create({
    ...common,
    taskQueue: briefTaskQueueOf(taskQueue),
    activities: operating,
  })
  const start = endpointStartOptions({
    clientId: randomUUID(),
    endpointId: 'endpoint',
    host: 'hooks.example',
  })
  const startWith = (first: SignalDefinition | SignalDefinition<[unknown?]>) =>
    environment.client.workflow.signalWithStart<typeof endpointDelivery>('endpointDelivery', {
      ...start,
      taskQueue,
      signal: first as SignalDefinition,
    })
  const wake = () => startWith(wakeUpSignal)
  await worker.runUntil(
    briefWorker.runUntil(async () => work({ handle: await startWith(signal), calls, wake })),
  )
}

/** A delivery that goes on until it is interrupted. */
export const untilInterrupted = ({ interrupted }: DeliveryCall): Promise<DeliveryResult> =>
  new Promise((resolve) => {
    interrupted.addEventListener('abort', () =>
      resolve({ outcome: 'unfinished', delivered: 3, refused: 0 }),
    )
  })
