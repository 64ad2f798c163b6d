import { expectedTerminals } from '../../lib/token/expected-terminals.ts'
import { readSummaryClaim } from '../../lib/token/read-summary-claim.ts'

/** What a token makes the system send, besides the results themselves. */
export interface ExpectedMessages {
  /** For each image: one terminal message of each of these, as `service/version`. */
  readonly terminals: readonly string[]
  /** The types of the summaries. */
  readonly summaries: readonly string[]
}

/** Finds what comes back of a transaction, by the rights of its token. */
export function expectedMessages(rights: Readonly<Record<string, unknown>>): ExpectedMessages {
  const versions = readSummaryClaim(rights)?.versions ?? []
  return { terminals: expectedTerminals(rights), summaries: versions.map(summaryTypeOf) }
}

/** Whether a message of this type is a summary, of whichever version. */
export function isSummaryType(type: string): boolean {
  return /^summary\.v\d+m\d+\.TransactionSummary$/.test(type)
}

/** `1.1` is `v1m1`. */
function summaryTypeOf(version: string): string {
  return `summary.v${version.replace('.', 'm')}.TransactionSummary`
}
