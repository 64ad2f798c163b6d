import { laterProgress, type Progress } from './progress.ts'

/** What a summary's workflow knows: plain data of a fixed size, carried over when it continues as new. */
export interface TransactionState {
  /** Absent before the first news. */
  readonly progress?: Progress
  /** When the first news since the last revision came. */
  readonly firstNewsAtMs: number
  /** When the last news came. */
  readonly lastNewsAtMs: number
}

/** What is to be done now. */
export type Decision =
  /** Nothing came since the last revision: the workflow may end. */
  | { readonly kind: 'settled' }
  /** Decide and publish this revision. */
  | { readonly kind: 'publish'; readonly revision: number; readonly whole: boolean }
  /** `Incomplete`: look again at this time, or when something comes. */
  | { readonly kind: 'wait'; readonly untilMs: number; readonly until: 'idle' | 'window' }

/** The state of a transaction that nothing is known of. */
export const emptyTransaction: TransactionState = { firstNewsAtMs: 0, lastNewsAtMs: 0 }

/**
 * Takes in a snapshot that came at `nowMs`. A copy or an older snapshot changes nothing, the idle gap included. Never
 * throws.
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
  return {
    progress: after,
    firstNewsAtMs: isFirst ? nowMs : state.firstNewsAtMs,
    lastNewsAtMs: nowMs,
  }
}

/** Takes in that a revision was decided, with this many messages in the journal. */
export function applyDecided(
  state: TransactionState,
  decided: { readonly revision: number; readonly messages: number },
): TransactionState {
  if (state.progress === undefined) return state
  const { revision, messages } = decided
  const decidedMessages = Math.max(state.progress.decidedMessages, messages)
  return { ...state, progress: { ...state.progress, revision, decidedMessages } }
}

/** Whether every image that was announced or seen has all its terminal messages. */
export function isWhole(progress: Progress): boolean {
  return progress.images >= progress.announced && progress.completeImages === progress.images
}

/**
 * What is to be done at `nowMs`. With a count announced, a revision is due when everything is there, at the latest when
 * the window is over. Without one it is due when nothing came for the idle gap, at the latest when the window is over.
 * What comes after a revision makes the next one by the same rules.
 */
export function decide({ progress, ...times }: TransactionState, nowMs: number): Decision {
  if (progress === undefined || progress.messages <= progress.decidedMessages)
    return { kind: 'settled' }
  const whole = isWhole(progress)
  const publish = { kind: 'publish', revision: progress.revision + 1, whole } as const
  const windowMs = windowEndMs(progress, times.firstNewsAtMs)
  if (progress.announced > 0) {
    if (whole || nowMs >= windowMs) return publish
    return { kind: 'wait', untilMs: windowMs, until: 'window' }
  }
  const idleMs = times.lastNewsAtMs + progress.idleSeconds * 1000
  const untilMs = Math.min(idleMs, windowMs)
  if (nowMs >= untilMs) return publish
  return { kind: 'wait', untilMs, until: idleMs <= windowMs ? 'idle' : 'window' }
}

/**
 * When the window is over. News that comes when it is already over (late results, or a backlog that was longer than the
 * window) is gathered for the idle gap, so that it makes one revision and not one for each message.
 */
function windowEndMs(progress: Progress, firstNewsAtMs: number): number {
  const { windowStartMs, windowSeconds, idleSeconds } = progress
  const gatherMs = Math.min(idleSeconds, windowSeconds) * 1000
  return Math.max(windowStartMs + windowSeconds * 1000, firstNewsAtMs + gatherMs)
}
