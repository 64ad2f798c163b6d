import { ApplicationFailure } from '@temporalio/common'
import { IpsError } from '../errors/ips-error.ts'

/**
 * Temporal's border: what an activity throws, as workflows and operators read it. An `IpsError` becomes a failure with its
 * code as the type, which is not tried again where a repetition cannot mend it; anything else stays as it is.
 */
export function toApplicationFailure(error: unknown): unknown {
  if (!(error instanceof IpsError)) return error
  return ApplicationFailure.create({
    message: error.message,
    type: error.code,
    nonRetryable: !error.retryable,
    ...(error.cause instanceof Error ? { cause: error.cause } : {}),
  })
}

/** Lets activities fail with `toApplicationFailure` of what they throw. */
export function withReadableFailures<T extends object>(activities: T): T {
  const wrapped = Object.entries(activities).map(([name, activity]: [string, Activity]) => [
    name,
    async (...args: unknown[]) => {
      try {
        return await activity(...args)
      } catch (error) {
        throw toApplicationFailure(error)
      }
    },
  ])
  return Object.fromEntries(wrapped) as T
}

type Activity = (...args: unknown[]) => unknown
