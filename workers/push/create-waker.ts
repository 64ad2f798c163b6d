import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import type { Client } from '@temporalio/client'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import {
  endpointWorkflowId,
  wakeUpSignal,
  type EndpointDeliveryInput,
} from '../../workflows/messages.ts'
import type { WokenEndpoint } from './journal/append-deliveries.ts'
import type { PushJournal } from './journal/create-journal.ts'

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

/** Signals under way at once: one costs the server some milliseconds. */
const concurrency = 8
/** Endpoints that wait for their signal at most; those beyond are left to the sweeper. */
const maxWaiting = 2_000
/** A signal that takes longer is left to the sweeper. */
const signalTimeoutMs = 10_000
const sweepIntervalMs = 5_000
/** Endpoints of one sweep at most. */
const maxSwept = 500

const clientIdKey = defineSearchAttributeKey('clientId', SearchAttributeType.KEYWORD)
const endpointKey = defineSearchAttributeKey('endpoint', SearchAttributeType.KEYWORD)
const deliveryStateKey = defineSearchAttributeKey('deliveryState', SearchAttributeType.KEYWORD)

/** Creates a waker and starts its sweeping. */
export function startWaker(options: WakerOptions): Waker {
  const { journal, logger, onSignal } = options
  const waiting = new Map<string, WokenEndpoint>()
  const running = new Set<Promise<void>>()
  let stopped = false

  const signalNext = async () => {
    for (const [endpointId, endpoint] of waiting) {
      if (stopped) return
      waiting.delete(endpointId)
      try {
        await signal(options, endpoint)
        await journal.markSignalled([endpoint])
        onSignal?.('sent')
      } catch (error) {
        onSignal?.('failed')
        logger.warn({ error, endpointId, clientId: endpoint.clientId }, 'endpoint.signal-failed')
      }
    }
  }
  const wake = (endpoints: readonly WokenEndpoint[]) => {
    for (const endpoint of endpoints) {
      if (waiting.size < maxWaiting) waiting.set(endpoint.endpointId, endpoint)
    }
    for (let started = running.size; started < Math.min(concurrency, waiting.size); started += 1) {
      const done: Promise<void> = signalNext().finally(() => running.delete(done))
      running.add(done)
    }
  }
  const sweep = async () => {
    try {
      wake(await journal.findUnsignalled(maxSwept))
    } catch (error) {
      logger.warn({ error }, 'endpoint.sweep-failed')
    }
  }

  let sweeping: Promise<void> | undefined
  const timer = setInterval(() => {
    sweeping ??= sweep().finally(() => void (sweeping = undefined))
  }, sweepIntervalMs)
  return {
    wake,
    async stop() {
      stopped = true
      clearInterval(timer)
      await sweeping
      await Promise.all(running)
    },
  }
}

async function signal(
  { client, taskQueue }: WakerOptions,
  { clientId, endpointId, host }: WokenEndpoint,
): Promise<void> {
  const input: EndpointDeliveryInput = { clientId, endpointId, host }
  await client.withDeadline(Date.now() + signalTimeoutMs, () =>
    client.workflow.signalWithStart('endpointDelivery', {
      workflowId: endpointWorkflowId(input),
      taskQueue,
      args: [input],
      signal: wakeUpSignal,
      staticSummary: `webhooks of ${clientId} to ${host}`,
      typedSearchAttributes: [
        { key: clientIdKey, value: clientId },
        { key: endpointKey, value: endpointId },
        { key: deliveryStateKey, value: 'delivering' },
      ],
    }),
  )
}
