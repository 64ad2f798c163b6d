import { jitteredRetryAfter, type Random } from '../retry-after.ts'
import { maxBodyBytes } from './ingest-images.ts'
import { ingestionProblem } from './ingestion-problems.ts'
import type { ByteBudget } from './create-byte-budget.ts'

/** Says before a body is read whether the system can take it. */
export interface Admission {
  /** Throws a problem of status 503 where it cannot. `declaredBytes` is 0 where the client declared nothing. */
  admit(request: { clientId: string; declaredBytes: number }): void
}

/** What admission looks at; all of it is known without waiting. */
export interface AdmissionOptions {
  readonly budget: ByteBudget
  /** `ok`, or why Kafka cannot be reached. */
  readonly kafka: () => string
  /** By group; infinite where it makes no progress. */
  readonly lags: () => ReadonlyMap<string, { readonly seconds: number }>
  readonly maxLagSeconds: number
  readonly random: Random
}

/** What is behind by so much does not catch up in a second. */
const lagRetrySeconds = 30

/** Creates the admission. */
export function createAdmission(options: AdmissionOptions): Admission {
  const { budget, random } = options
  return {
    admit({ clientId, declaredBytes }) {
      if (options.kafka() !== 'ok') {
        throw ingestionProblem('kafka-unavailable', 'Kafka cannot be reached', {
          headers: jitteredRetryAfter(random),
        })
      }
      // A body of unknown size takes its bytes as they come. One that is larger than any allowed is refused for that
      // before it is read: "later" would never come for it.
      const bytes = Math.min(Math.max(1, declaredBytes), maxBodyBytes)
      if (!budget.fits(clientId, bytes)) {
        throw ingestionProblem('overloaded', 'too many bytes are in flight', {
          headers: jitteredRetryAfter(random),
        })
      }
      for (const [group, { seconds }] of options.lags()) {
        if (seconds <= options.maxLagSeconds) continue
        const trouble = seconds === Infinity ? 'makes no progress' : 'has too much work before it'
        throw ingestionProblem('overloaded', `${group} ${trouble}`, {
          headers: jitteredRetryAfter(random, lagRetrySeconds),
        })
      }
    },
  }
}
