import { claimCatalogue, type ClaimValue } from './claim-schemas.ts'
import { readClaim } from './read-claim.ts'
import { selectUsable } from './select-usable.ts'

/** What a token's rights say of summaries. */
export interface SummaryClaim extends ClaimValue<'summary'> {
  /** The versions of the summary that they ask for, oldest first. */
  readonly versions: readonly string[]
}

/**
 * What a token's rights say of summaries: `undefined` where they do not ask for them. A claim with a malformed value
 * authorises nothing, as if it were not there; a broader one may then count. A transaction has one window and one grouping
 * whatever the versions: of several claims the longest waits and the strictest threshold count.
 */
export function readSummaryClaim(
  rights: Readonly<Record<string, unknown>>,
): SummaryClaim | undefined {
  const { versions, pinned } = claimCatalogue.summary
  const selected = selectUsable(rights, 'summary', versions, {
    read: (value) => readClaim('summary-*', value),
    pinned,
  })
  if (selected.length === 0) return undefined
  const values = selected.map(({ value }) => value)
  return {
    versions: selected.map(({ version }) => version),
    windowSeconds: Math.max(...values.map(({ windowSeconds }) => windowSeconds)),
    idleSeconds: Math.max(...values.map(({ idleSeconds }) => idleSeconds)),
    identityThreshold: Math.max(...values.map(({ identityThreshold }) => identityThreshold)),
  }
}
