import {
  ActivityCancellationType,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  patched,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { DeliveryActivities, DeliveryResult } from '../activities/deliver-endpoint.ts'
import type { OperationsActivities } from '../activities/operate-endpoint.ts'
import { briefActivities } from './brief-activities.ts'
import { scheduleMs } from './endpoint/back-off-delay.ts'
import { describeEndpoint } from './endpoint/describe-endpoint.ts'
import {
  applyResult,
  carriedOf,
  createMemory,
  hasMoreToDo,
  holdOf,
  isScheduleOver,
  noteOf,
  type EndpointMemory,
} from './endpoint/endpoint-memory.ts'
import { handleEndpointMessages } from './endpoint/handle-endpoint-messages.ts'
import { runReplays } from './endpoint/run-replays.ts'
import type { EndpointDeliveryInput, EndpointState } from './messages.ts'
import { operationsPatch } from './patches.ts'
import { searchAttributeKeys } from './search-attributes.ts'

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

const { interruptEndpoint, noteEndpoint } = proxyLocalActivities<
  Pick<DeliveryActivities, 'interruptEndpoint'> & Pick<OperationsActivities, 'noteEndpoint'>
>({
  startToCloseTimeout: '5 seconds',
  // Where it does not succeed, the activity is cancelled, and the note is made again later.
  retry: { maximumAttempts: 3 },
})

/** An interruption that was heard has mostly ended the delivery by then; a cancellation on top of it changes nothing. */
const interruptionTime = '5 seconds'
/** What a delivery says that ended since most messages were refused. */
const mostlyRefused = 'mostly-refused'
/** A note that the journal did not take is made again after this time. */
const noteAgainMs = 60_000

/**
 * Delivers an endpoint's messages for as long as there are any: runs one long activity at a time, and does the waiting.
 * Ends when the endpoint has fallen asleep; the next message starts it again.
 */
export async function endpointDelivery(input: EndpointDeliveryInput): Promise<void> {
  const memory = createMemory(input)
  const describe = () => setCurrentDetails(describeEndpoint(input.host, memory))
  handleEndpointMessages(memory, describe)
  const replays = runReplays(input.endpointId, memory, describe)
  for (;;) {
    await waitUntilDue(input, memory)
    if (isHistoryLong()) {
      await replays.stop()
      await continueAsNew<typeof endpointDelivery>({ ...input, carried: carriedOf(memory) })
    }
    show(input, memory, 'delivering')
    memory.woken = false
    const result = await deliver(input, memory)
    applyResult(memory, result, Date.now(), Math.random())
    if (isScheduleOver(memory, result)) await buryExhausted(input, memory)
    if (result.outcome === 'asleep') {
      await condition(() => memory.replays.length === 0 || isHistoryLong())
      await noteRecovery(input, memory)
      if (!hasMoreToDo(memory)) break
    }
  }
  show(input, memory, 'idle')
}

/** Time for a fresh run, so that no history grows beyond a few thousand events. */
function isHistoryLong(): boolean {
  return workflowInfo().continueAsNewSuggested
}

/** Waits while the endpoint is paused, disabled or backing off; returns early for a fresh run of the workflow. */
async function waitUntilDue(input: EndpointDeliveryInput, memory: EndpointMemory): Promise<void> {
  while (!isHistoryLong()) {
    const hold = holdOf(memory, Date.now())
    if (hold === undefined) {
      endWait(memory)
      return
    }
    show(input, memory, hold)
    memory.retryNow = false
    const isNoted = await note(input, memory, hold)
    await waitWhile(hold, memory, isNoted ? Infinity : noteAgainMs)
    if (hold === 'backing-off' && wasAskedToRetry(memory)) {
      endWait(memory)
      return
    }
  }
}

function endWait(memory: EndpointMemory): void {
  memory.retryNow = false
  delete memory.resumeAtMs
}

function wasAskedToRetry({ retryNow }: EndpointMemory): boolean {
  return retryNow
}

/** Resolves when the hold may be over, `longestMs` have passed, or a fresh run is due. */
async function waitWhile(
  hold: EndpointState,
  memory: EndpointMemory,
  longestMs: number,
): Promise<void> {
  const { paused, disabled } = memory
  const hasChanged = () =>
    memory.paused !== paused ||
    memory.disabled !== disabled ||
    (hold === 'backing-off' && memory.retryNow) ||
    isHistoryLong()
  const dueMs = hold === 'backing-off' ? (memory.resumeAtMs ?? 0) - Date.now() : Infinity
  const delayMs = Math.min(dueMs, longestMs)
  if (delayMs === Infinity) await condition(hasChanged)
  else if (delayMs > 0) await condition(hasChanged, delayMs)
}

/** After trouble one message goes first. */
function probeOf({ failures, lastError }: EndpointMemory) {
  const probe = failures > 0
  return probe && lastError === mostlyRefused ? { probe, wasMostlyRefused: true } : { probe }
}

/** Runs the activity; a pause ends it early, with its result, or without one where it waits for its next try. */
async function deliver(
  input: EndpointDeliveryInput,
  memory: EndpointMemory,
): Promise<DeliveryResult> {
  const { clientId, endpointId } = input
  // A claim notes that it delivers.
  delete memory.noted
  const scope = new CancellationScope()
  const running = { ended: false }
  const delivery = scope
    .run(() => deliverEndpoint({ clientId, endpointId, ...probeOf(memory) }))
    .finally(() => void (running.ended = true))
  const isStopped = () => running.ended || memory.paused || memory.disabled
  await condition(() => isStopped() || isHistoryLong())
  // Earlier versions went on with a long history: so do their runs.
  if (!isStopped() && !patched(operationsPatch)) await condition(isStopped)
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

/** The endpoint is tried for ever, but what has waited for longer than the whole schedule is given up. */
async function buryExhausted(
  { endpointId }: EndpointDeliveryInput,
  memory: EndpointMemory,
): Promise<void> {
  if (!patched(operationsPatch)) return
  const { buryMessages } = briefActivities<OperationsActivities>()
  const before = Date.now() - scheduleMs
  for (let hasMore = true; hasMore;) {
    const buried = await buryMessages({ endpointId, before, reason: 'exhausted' })
    memory.exhausted = (memory.exhausted ?? 0) + buried.messages
    hasMore = buried.hasMore
  }
}

/** Falling asleep says by itself that the endpoint is idle; only that its failures are over is left to say. */
async function noteRecovery(input: EndpointDeliveryInput, memory: EndpointMemory): Promise<void> {
  const isOver = memory.isTroubleNoted === true && memory.failures === 0
  if (isOver && !hasMoreToDo(memory)) await note(input, memory, 'idle')
}

/** Tells the journal where the endpoint stands, where it does not know; false where it could not be told. */
async function note(
  { endpointId }: EndpointDeliveryInput,
  memory: EndpointMemory,
  state: EndpointState,
): Promise<boolean> {
  const endpointNote = noteOf(memory, state)
  const text = JSON.stringify(endpointNote)
  if (memory.noted === text || !patched(operationsPatch)) return true
  try {
    await noteEndpoint({ endpointId, note: endpointNote })
    memory.noted = text
    memory.isTroubleNoted = endpointNote.failures > 0
    return true
  } catch (error) {
    if (isCancellation(error)) throw error
    return false
  }
}

/** Shows operators where the endpoint stands. The search attribute costs an event: only where it changes. */
function show({ host }: EndpointDeliveryInput, memory: EndpointMemory, state: EndpointState): void {
  if (memory.shown !== state) {
    memory.shown = state
    upsertSearchAttributes([{ key: searchAttributeKeys.deliveryState, value: state }])
  }
  setCurrentDetails(describeEndpoint(host, memory))
}
