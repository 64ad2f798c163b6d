import { claimCatalogue, type ClaimValue } from './claim-schemas.ts'
import { readClaim } from './read-claim.ts'
import { selectUsable } from './select-usable.ts'

/**
 * What a token's rights say of summaries: `undefined` where they do not ask for them. A claim with a malformed value
 * authorises nothing, as if it were not there; a broader one may then count.
 */
export function readSummaryClaim(
  rights: Readonly<Record<string, unknown>>,
): ClaimValue<'summary'> | undefined {
  const [selected] = selectUsable(rights, 'summary', claimCatalogue.summary.versions, {
    read: (value) => readClaim('summary-*', value),
  })
  return selected?.value
}
