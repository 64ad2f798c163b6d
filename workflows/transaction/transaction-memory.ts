import { applyExtension } from './apply-extension.ts'
import { decide, endOf } from './decide.ts'
import { describeWaiting, timeOf } from './describe-waiting.ts'
import type { Progress } from './progress.ts'
import type {
  ShownState,
  TransactionFailureStatus,
  TransactionStatus,
} from './transaction-messages.ts'
import {
  applyComplete,
  applyProgress,
  applyRetry,
  type TransactionState,
} from './transaction-state.ts'

/** What came with a signal, and is not taken in yet. */
export type TransactionMessage =
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'complete' }
  | { readonly kind: 'extend'; readonly request: unknown }
  | { readonly kind: 'retry' }

/** What a transaction's workflow holds while it runs. */
export interface TransactionMemory {
  state: TransactionState
  /** As it stands in the search attribute. */
  shown: ShownState
  /** In the order of their arrival. */
  inbox: TransactionMessage[]
}

/** Takes in a message that came at `nowMs`. Never throws. */
export function applyMessage(
  state: TransactionState,
  message: TransactionMessage,
  nowMs: number,
): TransactionState {
  switch (message.kind) {
    case 'progress':
      return applyProgress(state, message.progress, nowMs)
    case 'complete':
      return applyComplete(state, nowMs)
    case 'extend':
      return applyExtension(state, message.request, nowMs)
    case 'retry':
      return applyRetry(state, nowMs)
  }
}

/** What the `status` query answers at `nowMs`. */
export function transactionStatusOf(
  { state, shown }: Pick<TransactionMemory, 'state' | 'shown'>,
  nowMs: number,
): TransactionStatus {
  const { progress, objection, extendedToMs } = state
  const decision = decide(state, nowMs)
  const end =
    progress === undefined || decision.kind !== 'wait' ? undefined : endOf(progress, state)
  return {
    state: shown,
    revision: progress?.revision ?? 0,
    images: progress?.images ?? 0,
    completeImages: progress?.completeImages ?? 0,
    announced: progress?.announced ?? 0,
    missing: progress?.missing ?? 0,
    missingSample: progress?.missingSample ?? [],
    ...(progress === undefined ? {} : { since: timeOf(progress.windowStartMs) }),
    ...(end === undefined ? {} : { endsAt: timeOf(end.untilMs) }),
    ...(extendedToMs === undefined ? {} : { extendedTo: timeOf(extendedToMs) }),
    waitsFor: describeWaiting(state, decision),
    ...failureOf(state),
    ...(objection === undefined ? {} : { objection }),
  }
}

function failureOf({ failure }: TransactionState): { failure?: TransactionFailureStatus } {
  if (failure === undefined) return {}
  const { code, message, tries, sinceMs, retryAtMs } = failure
  return {
    failure: { code, message, tries, since: timeOf(sinceMs), nextTryAt: timeOf(retryAtMs) },
  }
}
