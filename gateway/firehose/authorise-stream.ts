import { readFirehoseClaim } from '../../lib/token/read-firehose-claim.ts'
import type { TokenVerifier } from '../../lib/token/verified-token.ts'
import type { Random } from '../retry-after.ts'
import { verifyBearer } from '../verify-bearer.ts'
import { firehoseProblem } from './firehose-problems.ts'

/** Who reads, and what the token's claim allows. */
export interface StreamRight {
  readonly clientId: string
  readonly expiresAt: Date
  /** Messages per second; `undefined` for no limit. */
  readonly maxRate: number | undefined
}

/**
 * Reads an `Authorization` header. `at` is the time for which the token must be valid. Throws problems: those of
 * `verifyBearer`, and `firehose-not-authorised`.
 */
export async function authoriseStream(
  header: string | undefined,
  options: { tokens: TokenVerifier; at: Date; random: Random },
): Promise<StreamRight> {
  const { clientId, expiresAt, rights } = await verifyBearer(header, options)
  const malformed: string[] = []
  const claim = readFirehoseClaim(rights, (name) => malformed.push(name))
  if (claim !== undefined) return { clientId, expiresAt, maxRate: claim.maxRate }
  const detail = malformed[0]
    ? `the value of the claim ${malformed[0]} is malformed`
    : 'the token has no claim firehose-1.*'
  throw firehoseProblem('firehose-not-authorised', detail)
}
