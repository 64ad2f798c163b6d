import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import {
  ActivityCancellationType,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { DeliveryActivities, DeliveryResult } from '../activities/deliver-endpoint.ts'
import {
  applyResult,
  carriedOf,
  createMemory,
  detailsOf,
  statusOf,
  type EndpointMemory,
} from './endpoint/endpoint-memory.ts'
import {
  enableSignal,
  pauseSignal,
  resumeSignal,
  retryNowSignal,
  statusQuery,
  wakeUpSignal,
  type EndpointDeliveryInput,
  type EndpointState,
} from './messages.ts'

const { deliverEndpoint } = proxyActivities<DeliveryActivities>({
  // The activity itself ends earlier: this only ends one that hangs.
  startToCloseTimeout: '1 day',
  // Bounds the delay when a worker is killed; a heartbeat that reaches the server costs it about 3 ms.
  heartbeatTimeout: '30 seconds',
  // An activity that was cancelled first settles what it had under way.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  // Trouble with the endpoint is a result, not a failure: what fails here is the journal, which comes back.
  // A journal that is away costs little to ask; who waits for it waits for the time-out of a killed worker already.
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '5 seconds' },
})

const { interruptEndpoint } = proxyLocalActivities<DeliveryActivities>({
  startToCloseTimeout: '5 seconds',
  // Where it does not succeed, the activity is cancelled.
  retry: { maximumAttempts: 3 },
})

/** An interruption that was heard has mostly ended the delivery by then; a cancellation on top of it changes nothing. */
const interruptionTime = '5 seconds'

const deliveryState = defineSearchAttributeKey('deliveryState', SearchAttributeType.KEYWORD)

/**
 * Delivers an endpoint's messages for as long as there are any: runs one long activity at a time, and does the waiting.
 * Ends when the endpoint has fallen asleep; the next message starts it again.
 */
export async function endpointDelivery(input: EndpointDeliveryInput): Promise<void> {
  const memory = createMemory(input)
  handleMessages(memory)
  for (;;) {
    await waitUntilDue(input, memory)
    if (workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof endpointDelivery>({ ...input, carried: carriedOf(memory) })
    }
    show(input, memory, 'delivering')
    memory.woken = false
    const result = await deliver(input, memory)
    applyResult(memory, result, Date.now(), Math.random())
    if (result.outcome === 'asleep' && !hasMoreToDo(memory)) break
  }
  show(input, memory, 'idle')
}

/** A signal may have come while the activity ended. */
function hasMoreToDo({ woken, paused }: EndpointMemory): boolean {
  return woken || paused
}

/** Handlers only note what was asked: a handler that throws would fail the workflow. */
function handleMessages(memory: EndpointMemory): void {
  setHandler(wakeUpSignal, () => void (memory.woken = true))
  setHandler(pauseSignal, () => void (memory.paused = true))
  setHandler(resumeSignal, () => void (memory.paused = false))
  setHandler(retryNowSignal, () => void (memory.retryNow = true))
  setHandler(enableSignal, () => void (memory.disabled = false))
  setHandler(statusQuery, () => statusOf(memory))
}

/** Waits while the endpoint is paused, disabled or backing off; returns early for a fresh run of the workflow. */
async function waitUntilDue(input: EndpointDeliveryInput, memory: EndpointMemory): Promise<void> {
  for (;;) {
    if (workflowInfo().continueAsNewSuggested) return
    if (memory.paused || memory.disabled) {
      show(input, memory, memory.paused ? 'paused' : 'disabled')
      const { paused, disabled } = memory
      await condition(
        () =>
          memory.paused !== paused ||
          memory.disabled !== disabled ||
          workflowInfo().continueAsNewSuggested,
      )
      continue
    }
    const delayMs = (memory.resumeAtMs ?? 0) - Date.now()
    if (delayMs <= 0) break
    show(input, memory, 'backing-off')
    memory.retryNow = false
    await condition(
      () => memory.retryNow || memory.paused || workflowInfo().continueAsNewSuggested,
      delayMs,
    )
    if (wasAskedToRetry(memory)) break
  }
  memory.retryNow = false
  delete memory.resumeAtMs
}

function wasAskedToRetry({ retryNow }: EndpointMemory): boolean {
  return retryNow
}

/** Runs the activity; a pause ends it early, with its result, or without one where it waits for its next try. */
async function deliver(
  input: EndpointDeliveryInput,
  memory: EndpointMemory,
): Promise<DeliveryResult> {
  const { clientId, endpointId } = input
  const scope = new CancellationScope()
  const running = { ended: false }
  const delivery = scope
    .run(() => deliverEndpoint({ clientId, endpointId, probe: memory.failures > 0 }))
    .finally(() => void (running.ended = true))
  await condition(() => running.ended || memory.paused)
  if (!running.ended) {
    await interruptEndpoint({ endpointId }).catch(() => undefined)
    // News may be lost; a cancellation comes with a heartbeat, later but surely.
    if (!(await condition(() => running.ended, interruptionTime))) scope.cancel()
  }
  try {
    return await delivery
  } catch (error) {
    if (!isCancellation(error)) throw error
    return { outcome: 'unfinished', delivered: 0, refused: 0 }
  }
}

/** Shows operators where the endpoint stands. The search attribute costs an event: only where it changes. */
function show({ host }: EndpointDeliveryInput, memory: EndpointMemory, state: EndpointState): void {
  if (memory.shown !== state) {
    memory.shown = state
    upsertSearchAttributes([{ key: deliveryState, value: state }])
  }
  setCurrentDetails(detailsOf(host, memory))
}
