import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { SummaryActivities } from '../activities/summary/publish-summary.ts'
import { searchAttributeKeys } from './search-attributes.ts'
import { createAlarm } from './transaction/alarm.ts'
import { describeWaiting } from './transaction/describe-waiting.ts'
import { isProgress, type Progress } from './transaction/progress.ts'
import {
  applyDecided,
  applyProgress,
  decide,
  emptyTransaction,
  type TransactionState,
} from './transaction/transaction-state.ts'

/** Which transaction; and its state, where the workflow continues as new. */
export interface TransactionSummaryInput {
  readonly clientId: string
  readonly correlationId: string
  readonly state?: TransactionState
}

/** How it ended. `none`: nothing new came since the last revision. `gone`: its journal is erased. */
export interface TransactionSummaryResult {
  readonly outcome: 'complete' | 'partial' | 'none' | 'gone'
  /** The last revision published by this run. */
  readonly revision?: number
}

/** The journal of the transaction grew: a snapshot, in any order and any number of times. */
export const progressed = defineSignal<[Progress]>('progressed')

const { publishSummary } = proxyActivities<SummaryActivities>({
  // A publication takes well below a second; this is how long one waits that a killed process had begun.
  startToCloseTimeout: '15 seconds',
  // Without an end: a summary waits for its database and for Kafka as long as it must.
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
})

/** About a hundred signals; far below the server's suggestion of 4,096, so that a replay is quick. */
const maxHistoryEvents = 500

/**
 * One transaction, from its first terminal message until a summary says all that is known: waits until it is complete,
 * idle for long enough, or its window is over, and publishes a revision. It ends then; a later result starts it again.
 */
export async function transactionSummary(
  input: TransactionSummaryInput,
): Promise<TransactionSummaryResult> {
  const inbox: Progress[] = []
  // A handler must not throw: what an operator may have sent by hand is left out.
  setHandler(progressed, (progress) => {
    if (isProgress(progress)) inbox.push(progress)
  })
  const alarm = createAlarm()
  const { clientId, correlationId } = input
  let state = input.state ?? emptyTransaction
  let result: TransactionSummaryResult = { outcome: 'none' }
  if (state.progress === undefined) await condition(() => inbox.length > 0)
  for (;;) {
    const nowMs = Date.now()
    for (const progress of inbox.splice(0)) state = applyProgress(state, progress, nowMs)
    const decision = decide(state, nowMs)
    setCurrentDetails(describeWaiting(state.progress, decision))
    if (decision.kind === 'settled') return result
    if (decision.kind === 'publish') {
      const { revision } = decision
      const decided = await publishSummary({
        clientId,
        correlationId,
        revision,
        decidedAtMs: nowMs,
      })
      if (decided === null) return { outcome: 'gone' }
      state = applyDecided(state, decided)
      result = { outcome: decided.outcome, revision }
      upsertSearchAttributes([{ key: searchAttributeKeys.deliveryState, value: decided.outcome }])
    } else {
      if (workflowInfo().historyLength >= maxHistoryEvents)
        await continueAsNew<typeof transactionSummary>({ clientId, correlationId, state })
      await alarm.wait(decision.untilMs, () => inbox.length > 0)
    }
  }
}
