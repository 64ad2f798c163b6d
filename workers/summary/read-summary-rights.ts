import { claimCatalogue } from '../../lib/token/claim-schemas.ts'
import { expectedTerminals } from '../../lib/token/expected-terminals.ts'
import { readClaim } from '../../lib/token/read-claim.ts'
import { selectUsable } from '../../lib/token/select-usable.ts'

/** What a token says of summaries. */
export interface SummaryRights {
  readonly clientId: string
  readonly windowSeconds: number
  readonly idleSeconds: number
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
  const [selected] = selectUsable(rights, 'summary', claimCatalogue.summary.versions, {
    read: (value) => readClaim('summary-*', value),
  })
  if (selected === undefined) return undefined
  const { windowSeconds, idleSeconds } = selected.value
  return { clientId, windowSeconds, idleSeconds, expected: expectedTerminals(rights) }
}
