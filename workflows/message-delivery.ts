import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { MessageActivities, MessageResult } from '../activities/deliver-message.ts'
import type { OperationsActivities } from '../activities/operate-endpoint.ts'
import { briefActivities } from './brief-activities.ts'
import { failureReasonOf } from './failure-reason.ts'
import { describeMessage } from './message/describe-message.ts'
import { checkDropRequest } from './message/check-drop-request.ts'
import {
  applyDeath,
  applyLook,
  applyRefusal,
  applyTry,
  createMemory,
  isExhausted,
  isOpen,
  maxTries,
  messageStatusOf,
  type MessageMemory,
  type MessageState,
} from './message/message-memory.ts'
import {
  dropUpdate,
  messageStatusQuery,
  refusedSignal,
  retryNowSignal,
  type MessageDeliveryInput,
} from './messages.ts'
import { searchAttributeKeys } from './search-attributes.ts'

/** How it ended. */
export interface MessageDeliveryResult {
  readonly state: MessageState
}

/**
 * One message that its endpoint has refused: tries it by a schedule of its own, whatever the others of the endpoint do. When
 * the schedule is over the message is dead, and waits for an operator. Ends when it is delivered or dropped, or when the
 * journal has it as neither retrying nor dead any more.
 */
export async function messageDelivery(input: MessageDeliveryInput): Promise<MessageDeliveryResult> {
  const memory = createMemory(input, Date.now(), Math.random())
  handleMessages(input, memory)
  while (isOpen(memory)) {
    show(input, memory)
    await waitUntilDue(memory)
    if (!isOpen(memory)) break
    if (isHistoryLong()) await goOnAsNew(input, memory)
    else if (memory.refusedAgain) applyRefusal(memory, Date.now(), Math.random())
    else if (memory.state === 'retrying' || memory.retryNow) await tryOnce(input, memory)
    else await look(input, memory)
  }
  show(input, memory)
  await condition(allHandlersFinished)
  return { state: memory.state }
}

/** Time for a fresh run, so that no history grows beyond a few thousand events. */
function isHistoryLong(): boolean {
  return workflowInfo().continueAsNewSuggested
}

async function waitUntilDue(memory: MessageMemory): Promise<void> {
  const delayMs = memory.dueAtMs - Date.now()
  if (delayMs <= 0) return
  await condition(
    () => !isOpen(memory) || memory.retryNow || memory.refusedAgain || isHistoryLong(),
    delayMs,
    { summary: memory.state === 'dead' ? 'until the next look' : 'until the next try' },
  )
}

async function tryOnce(input: MessageDeliveryInput, memory: MessageMemory): Promise<void> {
  const { endpointId, position } = input
  memory.retryNow = false
  const { deliverMessage } = briefActivities<MessageActivities>(
    memory.state === 'dead' ? 'asked for' : `try ${memory.tries + 1} of ${maxTries}`,
  )
  const result = await deliverMessage({ endpointId, position }).catch(asTrouble)
  applyTry(memory, result, Date.now(), Math.random())
  if (!isExhausted(memory)) return
  const { settleMessage } = briefActivities<OperationsActivities>()
  const isSettled = await settleMessage({
    endpointId,
    position,
    state: 'dead',
    reason: 'exhausted',
  })
  // It may have been dropped meanwhile.
  if (!isOpen(memory)) return
  if (isSettled) applyDeath(memory, Date.now())
  else memory.state = 'over'
}

/** What no repetition mends counts as a try, for everybody to see. */
function asTrouble(error: unknown): MessageResult {
  if (isCancellation(error)) throw error
  return { outcome: 'trouble', error: failureReasonOf(error) }
}

/** The journal forgets the dead some day, or an operator has replayed this one. */
async function look({ endpointId, position }: MessageDeliveryInput, memory: MessageMemory) {
  const { isRefused } = briefActivities<OperationsActivities>()
  const isStillRefused = await isRefused({ endpointId, position })
  if (!isOpen(memory)) return
  if (isStillRefused) applyLook(memory, Date.now())
  else memory.state = 'over'
}

async function goOnAsNew(input: MessageDeliveryInput, memory: MessageMemory): Promise<void> {
  await condition(allHandlersFinished)
  if (isOpen(memory))
    await continueAsNew<typeof messageDelivery>({ ...input, carried: { ...memory } })
}

/** Handlers of signals only note what was asked: one that throws would fail the workflow. */
function handleMessages(input: MessageDeliveryInput, memory: MessageMemory): void {
  setHandler(retryNowSignal, () => void (memory.retryNow = true), {
    description: 'Try at once, also where the message is dead. No input.',
  })
  setHandler(refusedSignal, () => void (memory.refusedAgain = true), {
    description: 'The message was replayed and refused once more: begin the schedule anew.',
  })
  setHandler(messageStatusQuery, () => messageStatusOf(memory), {
    description: 'How the message stands, and when its next try comes.',
  })
  setHandler(dropUpdate, ({ reason }) => drop(input, memory, reason), {
    validator: checkDropRequest,
    description: 'Give the message up for good. Input: {"reason": "…"}, 1 to 500 characters.',
  })
}

async function drop(
  { endpointId, position }: MessageDeliveryInput,
  memory: MessageMemory,
  reason: string,
): Promise<{ state: 'dropped' }> {
  const { settleMessage } = briefActivities<OperationsActivities>()
  const isSettled = await settleMessage({ endpointId, position, state: 'dropped', reason })
  if (!isSettled) {
    if (isOpen(memory)) memory.state = 'over'
    throw ApplicationFailure.nonRetryable(
      'the message is neither retrying nor dead any more',
      'message-settled',
    )
  }
  memory.state = 'dropped'
  return { state: 'dropped' }
}

/** Shows operators where the message stands. The search attribute costs an event: only where it changes. */
function show({ host }: MessageDeliveryInput, memory: MessageMemory): void {
  if (memory.shown !== memory.state) {
    memory.shown = memory.state
    upsertSearchAttributes([{ key: searchAttributeKeys.deliveryState, value: memory.state }])
  }
  setCurrentDetails(describeMessage(host, memory))
}
