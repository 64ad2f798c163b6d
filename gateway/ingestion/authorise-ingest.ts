import type { IpsError } from '../../lib/errors/ips-error.ts'
import { claimCatalogue, type IngestClaim } from '../../lib/token/claim-schemas.ts'
import { readClaim } from '../../lib/token/read-claim.ts'
import { selectUsable } from '../../lib/token/select-usable.ts'
import type { TokenVerifier, VerifiedToken } from '../../lib/token/verified-token.ts'
import type { Random } from '../retry-after.ts'
import { verifyBearer } from '../verify-bearer.ts'
import { ingestionProblem } from './ingestion-problems.ts'

/** Who posts, and what the token's claim allows. */
export interface IngestRight {
  readonly clientId: string
  /** As presented. */
  readonly token: string
  readonly claim: IngestClaim
}

/**
 * Reads an `Authorization` header. `at` is the time for which the token must be valid. Throws problems: those of
 * `verifyBearer`, and `ingest-not-authorised`.
 */
export async function authoriseIngest(
  header: string | undefined,
  options: { tokens: TokenVerifier; at: Date; random: Random },
): Promise<IngestRight> {
  const { clientId, token, rights } = await verifyBearer(header, options)
  return { clientId, token, claim: readIngestClaim(rights) }
}

function readIngestClaim(rights: VerifiedToken['rights']): IngestClaim {
  const malformed: { claim: string; cause: IpsError }[] = []
  const [selected] = selectUsable(rights, 'ingest', claimCatalogue.ingest.versions, {
    read: (value) => readClaim('ingest-*', value),
    onMalformed: (claim, cause) => malformed.push({ claim, cause }),
  })
  if (selected !== undefined) return selected.value
  const [first] = malformed
  if (first === undefined) {
    throw ingestionProblem('ingest-not-authorised', 'the token has no claim ingest-1.*')
  }
  const detail = `the value of the claim ${first.claim} is malformed`
  throw ingestionProblem('ingest-not-authorised', detail, { cause: first.cause })
}
