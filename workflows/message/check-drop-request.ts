import { ApplicationFailure } from '@temporalio/common'

/** What the journal keeps of a reason. */
const maxReasonLength = 500

/** Refuses what is no request to drop a message; throws a failure of the type `reason-malformed`. */
export function checkDropRequest(request: unknown): void {
  const reason: unknown =
    typeof request === 'object' && request !== null && 'reason' in request
      ? request.reason
      : undefined
  if (typeof reason === 'string' && reason.trim() !== '' && reason.length <= maxReasonLength) return
  throw ApplicationFailure.nonRetryable(
    `dropping a message needs {"reason": "…"}, 1 to ${maxReasonLength} characters`,
    'reason-malformed',
  )
}
