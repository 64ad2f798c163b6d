import { randomUUID } from 'node:crypto'
import type { Client, WorkflowHandle } from '@temporalio/client'
import { Worker } from '@temporalio/worker'
import type { MessageActivities, MessageResult } from '../../activities/deliver-message.ts'
import type { OperationsActivities } from '../../activities/operate-endpoint.ts'
import { briefTaskQueueOf } from '../../workflows/brief-activities.ts'
import type { messageDelivery } from '../../workflows/message-delivery.ts'
import type { MessageDeliveryInput } from '../../workflows/messages.ts'
import { messageStartOptions, type StartOptions } from '../../workflows/start-options.ts'
import { idleOperations } from './endpoint-workflow.ts'
import type { WorkflowTests } from './workflow-tests.ts'

export type MessageHandle = WorkflowHandle<typeof messageDelivery>

/** What the tries of a message come to; the last entry stands for all that follow. */
export type TryScript = readonly [
  MessageResult | (() => Promise<MessageResult>),
  ...(MessageResult | (() => Promise<MessageResult>))[],
]

/** A message with its workers at work. */
export interface ScriptedMessage {
  readonly client: Client
  /** With what its workflow is started. */
  readonly start: StartOptions<MessageDeliveryInput> & { readonly taskQueue: string }
  /** When it was tried: ms since the epoch. */
  readonly tries: readonly number[]
  readonly settlements: readonly Parameters<OperationsActivities['settleMessage']>[0][]
}

export const refused: MessageResult = { outcome: 'refused', status: 400, error: 'status-400' }
export const delivered: MessageResult = { outcome: 'delivered', status: 204 }

/** Runs `work` beside workers whose tries follow a script. */
export async function withMessage(
  { environment, workflowBundle }: WorkflowTests,
  script: TryScript,
  work: (message: ScriptedMessage) => Promise<void>,
  {
    state = 'retrying',
    operations,
  }: {
    readonly state?: MessageDeliveryInput['state']
    readonly operations?: Partial<OperationsActivities>
  } = {},
): Promise<void> {
  const taskQueue = randomUUID()
  const tries: number[] = []
  const settlements: Parameters<OperationsActivities['settleMessage']>[0][] = []
  const activities: MessageActivities & OperationsActivities = {
    ...idleOperations({
      settleMessage(settlement) {
        settlements.push(settlement)
        return Promise.resolve(true)
      },
      ...operations,
    }),
    async deliverMessage() {
      tries.push(await environment.currentTimeMs())
      const step = script[Math.min(tries.length, script.length) - 1] ?? script[0]
      return typeof step === 'function' ? step() : step
    },
  }
  const { nativeConnection: connection, client } = environment
  const worker = await Worker.create({ connection, taskQueue, workflowBundle })
  const brief = await Worker.create({
    connection,
    taskQueue: briefTaskQueueOf(taskQueue),
    activities,
  })
  const start = messageStartOptions({
    clientId: randomUUID(),
    endpointId: 'endpoint',
    host: 'hooks.example',
    messageId: randomUUID(),
    correlationId: 'case-17',
    position: 42,
    state,
    lastStatus: 400,
    lastError: 'status-400',
  })
  await worker.runUntil(
    brief.runUntil(() => work({ client, start: { ...start, taskQueue }, tries, settlements })),
  )
}

/** Starts the workflow of a message. */
export function startMessage({ client, start }: ScriptedMessage): Promise<MessageHandle> {
  return client.workflow.start<typeof messageDelivery>('messageDelivery', start)
}
