import { expectedTerminals } from '../../lib/token/expected-terminals.ts'
import { readSummaryClaim, type SummaryClaim } from '../../lib/token/read-summary-claim.ts'

/** What a token says of summaries. */
export interface SummaryRights extends SummaryClaim {
  readonly clientId: string
  /** The terminal messages that its images will have, as `service/version`. */
  readonly expected: readonly string[]
}

/**
 * Reads a token's rights: `undefined` where they do not ask for summaries. A claim with a malformed value authorises
 * nothing, as if it were not there; a broader one may then count.
 */
export function readSummaryRights(
  clientId: string,
  rights: Readonly<Record<string, unknown>>,
): SummaryRights | undefined {
  const claim = readSummaryClaim(rights)
  if (claim === undefined) return undefined
  return { clientId, ...claim, expected: expectedTerminals(rights) }
}
