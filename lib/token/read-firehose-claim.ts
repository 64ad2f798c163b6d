import type { IpsError } from '../errors/ips-error.ts'
import { claimCatalogue, type ClaimValue } from './claim-schemas.ts'
import { readClaim } from './read-claim.ts'
import { selectUsable } from './select-usable.ts'

/**
 * What a token's rights say of the firehose: `undefined` where they do not ask for it. A claim with a malformed value authorises
 * nothing, as if it were not there, and is told to `onMalformed`; a broader one may then count.
 */
export function readFirehoseClaim(
  rights: Readonly<Record<string, unknown>>,
  onMalformed?: (claim: string, error: IpsError) => void,
): ClaimValue<'firehose'> | undefined {
  const selected = selectUsable(rights, 'firehose', claimCatalogue.firehose.versions, {
    read: (value) => readClaim('firehose-*', value),
    ...(onMalformed && { onMalformed }),
  })
  return selected.at(-1)?.value
}
