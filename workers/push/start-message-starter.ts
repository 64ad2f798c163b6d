import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import { messageWorkflowId, refusedSignal } from '../../workflows/messages.ts'
import { searchAttributeKeys } from '../../workflows/search-attributes.ts'
import { messageStartOptions } from '../../workflows/start-options.ts'
import type { PushJournal } from './journal/create-journal.ts'
import type { UnstartedMessage } from './journal/message-starts.ts'
import { startSweptQueue } from './start-swept-queue.ts'

/** Starts the workflows of refused messages: the journal lists them, and how many an endpoint may have at once. */
export interface MessageStarter {
  /** A message was refused: looks soon, not only when the next look is due. Never throws. */
  lookSoon(): void
  /** Ends the looking; resolves when nothing is under way. */
  stop(): Promise<void>
}

/** What became of a refused message. `waits`: a copy for another endpoint has the workflow at the moment. */
export type StartOutcome = 'started' | 'waits' | 'failed'

/** What a starter needs. */
export interface MessageStarterOptions {
  readonly client: Client
  readonly taskQueue: string
  readonly journal: Pick<PushJournal, 'findUnstarted' | 'markStarted'>
  readonly logger: Logger
  readonly onStart?: (outcome: StartOutcome) => void
}

/** A request that takes longer is made again by a later look. */
const requestTimeoutMs = 10_000

/** Creates a starter and starts its looking. */
export function startMessageStarter(options: MessageStarterOptions): MessageStarter {
  const { journal, logger, onStart } = options
  const queue = startSweptQueue<UnstartedMessage>({
    keyOf: ({ endpointId, position }) => `${endpointId}/${position}`,
    find: (limit) => journal.findUnstarted(limit),
    async work(message) {
      const hasWorkflow = await start(options, message)
      if (hasWorkflow) await journal.markStarted([message])
      onStart?.(hasWorkflow ? 'started' : 'waits')
    },
    onFailed(error, { messageId, endpointId, clientId }) {
      onStart?.('failed')
      logger.warn({ error, messageId, endpointId, clientId }, 'message.start-failed')
    },
    onSweepFailed: (error) => logger.warn({ error }, 'message.sweep-failed'),
  })
  return { lookSoon: () => queue.sweepSoon(), stop: () => queue.stop() }
}

/** False where the workflow with the id of this message is busy with its copy for another endpoint. */
function start({ client, taskQueue }: MessageStarterOptions, message: UnstartedMessage) {
  const { clientId, endpointId, host, messageId, correlationId, position } = message
  const { lastStatus, lastError } = message
  return client.withDeadline(Date.now() + requestTimeoutMs, async () => {
    try {
      await client.workflow.start('messageDelivery', {
        ...messageStartOptions({
          ...{ clientId, endpointId, host, messageId, correlationId, position },
          state: 'retrying',
          ...(lastStatus === undefined ? {} : { lastStatus }),
          ...(lastError === undefined ? {} : { lastError }),
        }),
        taskQueue,
      })
      return true
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error
    }
    // Started by somebody who could not note it, or left open by a message that was dead and was replayed.
    const handle = client.workflow.getHandle(messageWorkflowId(messageId))
    const { typedSearchAttributes } = await handle.describe()
    if (typedSearchAttributes.get(searchAttributeKeys.endpoint) !== endpointId) return false
    await handle.signal(refusedSignal)
    return true
  })
}
