import type { Client } from '@temporalio/client'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import { wakeUpSignal } from '../../workflows/messages.ts'
import { endpointStartOptions } from '../../workflows/start-options.ts'
import type { WokenEndpoint } from './journal/append-deliveries.ts'
import type { PushJournal } from './journal/create-journal.ts'
import { startSweptQueue } from './start-swept-queue.ts'

/** Signals the workflows of endpoints that have something to deliver, and finds those that nobody signalled. */
export interface Waker {
  /** In the background; never throws. */
  wake(endpoints: readonly WokenEndpoint[]): void
  /** Ends the sweeping; resolves when nothing is under way. */
  stop(): Promise<void>
}

/** What a waker needs. */
export interface WakerOptions {
  readonly client: Client
  readonly taskQueue: string
  readonly journal: Pick<PushJournal, 'findUnsignalled' | 'markSignalled'>
  readonly logger: Logger
  readonly onSignal?: (outcome: 'sent' | 'failed') => void
}

/** A signal that takes longer is left to the sweeper. */
const signalTimeoutMs = 10_000

/** Creates a waker and starts its sweeping. */
export function startWaker(options: WakerOptions): Waker {
  const { journal, logger, onSignal } = options
  const queue = startSweptQueue<WokenEndpoint>({
    keyOf: ({ endpointId }) => endpointId,
    find: (limit) => journal.findUnsignalled(limit),
    async work(endpoint) {
      await signal(options, endpoint)
      await journal.markSignalled([endpoint])
      onSignal?.('sent')
    },
    onFailed(error, { endpointId, clientId }) {
      onSignal?.('failed')
      logger.warn({ error, endpointId, clientId }, 'endpoint.signal-failed')
    },
    onSweepFailed: (error) => logger.warn({ error }, 'endpoint.sweep-failed'),
  })
  return { wake: (endpoints) => queue.add(endpoints), stop: () => queue.stop() }
}

async function signal(
  { client, taskQueue }: WakerOptions,
  { clientId, endpointId, host }: WokenEndpoint,
): Promise<void> {
  await client.withDeadline(Date.now() + signalTimeoutMs, () =>
    client.workflow.signalWithStart('endpointDelivery', {
      ...endpointStartOptions({ clientId, endpointId, host }),
      taskQueue,
      signal: wakeUpSignal,
    }),
  )
}
