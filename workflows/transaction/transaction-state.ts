import type { DecidedRevision } from '../../activities/summary/publish-summary.ts'
import { laterProgress, type Progress } from './progress.ts'

/** What a summary's workflow knows: plain data of a bounded size, carried over when it continues as new. */
export interface TransactionState {
  /** Absent before the first news. */
  readonly progress?: Progress
  /** When the first news since the last revision came. */
  readonly firstNewsAtMs: number
  /** When the last news came. */
  readonly lastNewsAtMs: number
  /** An operator moved the end: the next revision does not come before, unless everything is there. */
  readonly extendedToMs?: number
  /** The journal is yet to be told of that. */
  readonly isExtensionNew?: boolean
  /** An operator wants the next revision now, whatever is missing. */
  readonly isAskedToComplete?: boolean
  /** Why the next revision could not be published. */
  readonly failure?: PublicationFailure
  /** What the last request that was not met had against it: a sentence. */
  readonly objection?: string
}

/** A publication that no repetition mends, as operators see it. */
export interface PublicationFailure {
  /** Stable and kebab-case. */
  readonly code: string
  readonly message: string
  readonly tries: number
  readonly sinceMs: number
  /** When it is tried again by itself. */
  readonly retryAtMs: number
}

/** The state of a transaction that nothing is known of. */
export const emptyTransaction: TransactionState = { firstNewsAtMs: 0, lastNewsAtMs: 0 }

/**
 * What failed is tried again by itself after this time, so that nobody has to name each transaction after a repair that
 * mends many: a handful of events an hour.
 */
export const retryMs = 60 * 60 * 1000

/**
 * Takes in a snapshot that came at `nowMs`. A copy or an older snapshot changes nothing, the idle gap included; news after a
 * failure is waited for by the ordinary rules. Never throws.
 */
export function applyProgress(
  state: TransactionState,
  progress: Progress,
  nowMs: number,
): TransactionState {
  const before = state.progress
  const after = before === undefined ? progress : laterProgress(before, progress)
  const isNews = after.messages > Math.max(before?.messages ?? 0, after.decidedMessages)
  if (!isNews) return { ...state, progress: after }
  const isFirst = before === undefined || before.messages <= after.decidedMessages
  const { failure: _failure, ...others } = state
  return {
    ...others,
    progress: after,
    firstNewsAtMs: isFirst ? nowMs : state.firstNewsAtMs,
    lastNewsAtMs: nowMs,
  }
}

/**
 * Takes in that a revision was decided, with this many messages in the journal. What operators asked for is done. All that
 * was known before is decided too (a journal that has fewer messages was erased meanwhile and begun anew), but for a
 * revision that an earlier try had decided: then it may be news.
 */
export function applyDecided(
  state: TransactionState,
  decided: Pick<DecidedRevision, 'revision' | 'messages' | 'isRepeated'>,
): TransactionState {
  const { progress, firstNewsAtMs, lastNewsAtMs } = state
  if (progress === undefined) return state
  const { revision, messages, isRepeated = false } = decided
  const known = isRepeated ? 0 : progress.messages
  const decidedMessages = Math.max(progress.decidedMessages, known, messages)
  return { progress: { ...progress, revision, decidedMessages }, firstNewsAtMs, lastNewsAtMs }
}

/** Takes in that the next revision could not be published. */
export function applyFailure(
  { isAskedToComplete: _isAsked, ...state }: TransactionState,
  { code, message }: Pick<PublicationFailure, 'code' | 'message'>,
  nowMs: number,
): TransactionState {
  const { tries = 0, sinceMs = nowMs } = state.failure ?? {}
  const failure = { code, message, tries: tries + 1, sinceMs, retryAtMs: nowMs + retryMs }
  return { ...state, failure }
}

/** An operator wants the next revision now. Means nothing where nothing new came since the last one. */
export function applyComplete(state: TransactionState, nowMs: number): TransactionState {
  return { ...dueNow(state, nowMs), isAskedToComplete: true }
}

/** An operator wants what failed to be tried now. */
export function applyRetry(state: TransactionState, nowMs: number): TransactionState {
  if (state.failure !== undefined) return dueNow(state, nowMs)
  return { ...state, objection: '`retryNow` was not needed: nothing has failed.' }
}

/** Takes in whether the journal knows of the extension; `problem`, a sentence, where it does not. */
export function applyNoted(
  { isExtensionNew: _isNew, ...state }: TransactionState,
  problem?: string,
): TransactionState {
  return problem === undefined ? state : { ...state, objection: problem }
}

function dueNow(
  { objection: _objection, ...state }: TransactionState,
  nowMs: number,
): TransactionState {
  if (state.failure === undefined) return state
  return { ...state, failure: { ...state.failure, retryAtMs: nowMs } }
}
