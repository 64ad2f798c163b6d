import { ActivityFailure, ApplicationFailure } from '@temporalio/common'

/** Why an activity failed: a stable word where there is one, for example `secret-unreadable`. */
export function failureReasonOf(error: unknown): string {
  const cause = error instanceof ActivityFailure ? error.cause : error
  if (cause instanceof ApplicationFailure) return cause.type ?? cause.message
  return cause instanceof Error ? cause.name : 'unknown'
}
