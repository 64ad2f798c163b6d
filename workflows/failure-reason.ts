import { ActivityFailure, ApplicationFailure } from '@temporalio/common'

/** Why an activity failed: a stable word where there is one, for example `secret-unreadable`. */
export function failureReasonOf(error: unknown): string {
  const cause = error instanceof ActivityFailure ? error.cause : error
  if (cause instanceof ApplicationFailure) return cause.type ?? cause.message
  return cause instanceof Error ? cause.name : 'unknown'
}

/** Whether no other try of the activity helps. */
export function isFinalFailure(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : error
  return cause instanceof ApplicationFailure && cause.nonRetryable === true
}

/** What operators read of a reason at most: a few lines. */
const maxDetailLength = 300

/** Why an activity failed, for people: the messages of its causes, bounded and without control characters. */
export function failureDetailOf(error: unknown): string {
  const messages: string[] = []
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (!(cause instanceof ActivityFailure)) messages.push(cause.message)
  }
  const text = [...new Set(messages)]
    .join(': ')
    .replaceAll(/\p{C}+/gu, ' ')
    .trim()
  return text.slice(0, maxDetailLength)
}
