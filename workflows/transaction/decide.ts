import type { Progress } from './progress.ts'
import type { TransactionState } from './transaction-state.ts'

/** What is to be done now. */
export type Decision =
  /** Nothing came since the last revision: the workflow may end. */
  | { readonly kind: 'settled' }
  /** Decide and publish this revision. */
  | { readonly kind: 'publish'; readonly revision: number; readonly whole: boolean }
  /** `Incomplete`: look again at this time, or when something comes. */
  | ({ readonly kind: 'wait' } & End)
  /** The revision could not be published: try again at this time, or when something comes. */
  | { readonly kind: 'failed'; readonly untilMs: number }

/** When the next revision is due, and what ends then. */
export interface End {
  readonly untilMs: number
  readonly until: 'idle' | 'window' | 'extension'
}

type Times = Pick<TransactionState, 'firstNewsAtMs' | 'lastNewsAtMs' | 'extendedToMs'>

/**
 * What is to be done at `nowMs`. With a count announced, a revision is due when everything is there, at the latest when
 * the window is over. Without one it is due when nothing came for the idle gap, at the latest when the window is over.
 * What comes after a revision makes the next one by the same rules. An operator moves the end, or ends the waiting.
 */
export function decide(state: TransactionState, nowMs: number): Decision {
  const { progress, failure, isAskedToComplete } = state
  if (progress === undefined || progress.messages <= progress.decidedMessages)
    return { kind: 'settled' }
  const whole = isWhole(progress)
  const publish = { kind: 'publish', revision: progress.revision + 1, whole } as const
  if (failure !== undefined)
    return nowMs < failure.retryAtMs ? { kind: 'failed', untilMs: failure.retryAtMs } : publish
  if (isAskedToComplete === true || (progress.announced > 0 && whole)) return publish
  const end = endOf(progress, state)
  return nowMs < end.untilMs ? { kind: 'wait', ...end } : publish
}

/** Whether every image that was announced or seen has all its terminal messages. */
export function isWhole(progress: Progress): boolean {
  return progress.images >= progress.announced && progress.completeImages === progress.images
}

/** When the waiting is over where nothing more comes. */
export function endOf(progress: Progress, times: Times): End {
  const end = ordinaryEnd(progress, times)
  const { extendedToMs } = times
  if (extendedToMs === undefined || extendedToMs <= end.untilMs) return end
  return { untilMs: extendedToMs, until: 'extension' }
}

function ordinaryEnd(progress: Progress, { firstNewsAtMs, lastNewsAtMs }: Times): End {
  const windowMs = windowEndMs(progress, firstNewsAtMs)
  const idleMs = lastNewsAtMs + progress.idleSeconds * 1000
  if (progress.announced > 0 || windowMs < idleMs) return { untilMs: windowMs, until: 'window' }
  return { untilMs: idleMs, until: 'idle' }
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
