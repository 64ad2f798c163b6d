import { claimCatalogue } from '../../lib/token/claim-schemas.ts'
import { expectedTerminals } from '../../lib/token/expected-terminals.ts'
import { readClaim } from '../../lib/token/read-claim.ts'
import { selectUsable } from '../../lib/token/select-usable.ts'

/** What a token makes the system send, besides the results themselves. */
export interface ExpectedMessages {
  /** For each image: one terminal message of each of these, as `service/version`. */
  readonly terminals: readonly string[]
  readonly summary: boolean
}

/** Finds what comes back of a transaction, by the rights of its token. */
export function expectedMessages(rights: Readonly<Record<string, unknown>>): ExpectedMessages {
  const summaries = selectUsable(rights, 'summary', claimCatalogue.summary.versions, {
    read: (value) => readClaim('summary-*', value),
  })
  return { terminals: expectedTerminals(rights), summary: summaries.length > 0 }
}
