import {
  condition,
  continueAsNew,
  ContinueAsNew,
  isCancellation,
  patched,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type {
  DecidedRevision,
  PublishSummaryInput,
  SummaryActivities,
} from '../activities/summary/publish-summary.ts'
import type { TransactionKey } from '../activities/summary/transaction-record.ts'
import { failureDetailOf, failureReasonOf, isFinalFailure } from './failure-reason.ts'
import { publicationInTaskPatch, transactionOperationsPatch } from './patches.ts'
import { searchAttributeKeys } from './search-attributes.ts'
import { createAlarm } from './transaction/alarm.ts'
import { decide } from './transaction/decide.ts'
import { describeTransaction } from './transaction/describe-waiting.ts'
import { handleTransactionMessages } from './transaction/handle-transaction-messages.ts'
import { applyMessage, type TransactionMemory } from './transaction/transaction-memory.ts'
import type { ShownState } from './transaction/transaction-messages.ts'
import {
  applyDecided,
  applyFailure,
  applyNoted,
  emptyTransaction,
  type TransactionState,
} from './transaction/transaction-state.ts'

/** Which transaction; and what a run hands to the next one of the same workflow. */
export interface TransactionSummaryInput extends TransactionKey {
  readonly state?: TransactionState
  /** As it stands in the search attribute; an older version has not handed it over. */
  readonly shown?: ShownState
}

/** How it ended. `none`: nothing new came since the last revision. `gone`: its journal is erased. */
export interface TransactionSummaryResult {
  readonly outcome: 'complete' | 'partial' | 'none' | 'gone'
  /** The last revision published by this run. */
  readonly revision?: number
}

const { publishSummary, noteExtension } = proxyActivities<SummaryActivities>({
  // A publication takes well below a second; this is how long one waits that a killed process had begun.
  startToCloseTimeout: '15 seconds',
  // Without an end: a summary waits for its database and for Kafka as long as it must.
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
})

/**
 * The first try, without the server: a third less work for it, and half the events. It is one try and short, since the
 * workflow takes nothing in meanwhile and nobody sees it; what does not succeed at once becomes an ordinary activity.
 */
const { publishSummary: publishSummaryInTask } = proxyLocalActivities<SummaryActivities>({
  startToCloseTimeout: '5 seconds',
  retry: { maximumAttempts: 1 },
})

/** Some fifty signals; far below the server's suggestion of 4,096, so that a replay is quick. */
const maxHistoryEvents = 200
/** What it was before `transactionOperationsPatch`. */
const formerMaxHistoryEvents = 500
/** A publication that waits is left to the next run when signals have made this of the history: it is idempotent. */
const maxPublishingEvents = 1_000

/**
 * One transaction, from its first terminal message until a summary says all that is known: waits until it is complete,
 * idle for long enough, its window is over, or an operator wants it, and publishes a revision. It ends then; a later result
 * starts it again. What cannot be published is waited for, visibly: until something comes, an operator tries it again, or
 * its journal is erased.
 */
export async function transactionSummary(
  input: TransactionSummaryInput,
): Promise<TransactionSummaryResult> {
  const memory: TransactionMemory = {
    state: input.state ?? emptyTransaction,
    shown: input.shown ?? 'incomplete',
    inbox: [],
  }
  handleTransactionMessages(memory)
  const alarm = createAlarm()
  let result: TransactionSummaryResult = { outcome: 'none' }
  if (memory.state.progress === undefined) await condition(() => memory.inbox.length > 0)
  for (;;) {
    const nowMs = Date.now()
    takeIn(memory, nowMs)
    if (memory.state.isExtensionNew === true) {
      await tellJournal(input, memory)
      continue
    }
    const decision = decide(memory.state, nowMs)
    setCurrentDetails(describeTransaction(memory.state, decision))
    if (decision.kind === 'settled') return result
    if (decision.kind === 'publish') {
      const published = await publish(input, memory, decision.revision, nowMs)
      if (published === 'gone') return { outcome: 'gone' }
      if (published !== 'failed') result = { outcome: published, revision: decision.revision }
    } else {
      show(memory, decision.kind === 'failed' ? 'failed' : 'incomplete')
      if (isHistoryLong()) await goOnAsNew(input, memory)
      await alarm.wait(decision.untilMs, () => memory.inbox.length > 0)
    }
  }
}

/** Takes in what has come, in its order. */
function takeIn(memory: TransactionMemory, nowMs: number): void {
  for (const message of memory.inbox.splice(0)) {
    // Earlier versions knew the snapshots only.
    if (message.kind === 'progress' || patched(transactionOperationsPatch))
      memory.state = applyMessage(memory.state, message, nowMs)
  }
}

/** Decides and publishes a revision; what no repetition mends is noted in the state. */
async function publish(
  input: TransactionSummaryInput,
  memory: TransactionMemory,
  revision: number,
  decidedAtMs: number,
): Promise<'complete' | 'partial' | 'gone' | 'failed'> {
  const { clientId, correlationId } = input
  const request = { clientId, correlationId, revision, decidedAtMs }
  try {
    const atOnce = patched(publicationInTaskPatch) ? await publishInTask(request) : undefined
    const decided = atOnce === undefined ? await publishPatiently(input, memory, request) : atOnce
    if (decided === null) return 'gone'
    memory.state = applyDecided(memory.state, decided)
    memory.shown = decided.outcome
    upsertSearchAttributes([{ key: searchAttributeKeys.deliveryState, value: decided.outcome }])
    return decided.outcome
  } catch (error) {
    if (isCancellation(error) || error instanceof ContinueAsNew) throw error
    // Earlier versions ended with it.
    if (!patched(transactionOperationsPatch)) throw error
    const failure = { code: failureReasonOf(error), message: failureDetailOf(error) }
    memory.state = applyFailure(memory.state, failure, Date.now())
    return 'failed'
  }
}

/** One try within the workflow's task; `undefined` where another one may help. */
async function publishInTask(
  request: PublishSummaryInput,
): Promise<DecidedRevision | null | undefined> {
  try {
    return await publishSummaryInTask(request)
  } catch (error) {
    if (isCancellation(error) || isFinalFailure(error)) throw error
    return undefined
  }
}

/** As many tries as it takes, visible to operators. */
async function publishPatiently(
  input: TransactionSummaryInput,
  memory: TransactionMemory,
  request: PublishSummaryInput,
): Promise<DecidedRevision | null> {
  const running = { ended: false }
  const publication = publishSummary(request).finally(() => void (running.ended = true))
  await condition(() => running.ended || workflowInfo().historyLength >= maxPublishingEvents)
  if (!running.ended && patched(transactionOperationsPatch)) await goOnAsNew(input, memory)
  return publication
}

/** The journal keeps a transaction until some days after its window: it must know of a longer one. */
async function tellJournal(
  { clientId, correlationId }: TransactionSummaryInput,
  memory: TransactionMemory,
): Promise<void> {
  const untilMs = memory.state.extendedToMs ?? 0
  try {
    await noteExtension({ clientId, correlationId, untilMs })
    memory.state = applyNoted(memory.state)
  } catch (error) {
    if (isCancellation(error)) throw error
    const problem = `The journal does not know that the end has moved: ${failureReasonOf(error)}.`
    memory.state = applyNoted(memory.state, problem)
  }
}

/** Time for a fresh run. */
function isHistoryLong(): boolean {
  const { historyLength } = workflowInfo()
  if (historyLength >= formerMaxHistoryEvents) return true
  return historyLength >= maxHistoryEvents && patched(transactionOperationsPatch)
}

async function goOnAsNew(
  { clientId, correlationId }: TransactionSummaryInput,
  memory: TransactionMemory,
): Promise<void> {
  takeIn(memory, Date.now())
  const { state, shown } = memory
  await continueAsNew<typeof transactionSummary>({ clientId, correlationId, state, shown })
}

/** Shows operators where the transaction stands. The search attribute costs an event: only where it changes. */
function show(memory: TransactionMemory, state: ShownState): void {
  // Earlier versions showed the end only.
  if (memory.shown === state || !patched(transactionOperationsPatch)) return
  memory.shown = state
  upsertSearchAttributes([{ key: searchAttributeKeys.deliveryState, value: state }])
}
