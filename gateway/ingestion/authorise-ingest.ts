import { IpsError } from '../../lib/errors/ips-error.ts'
import { claimCatalogue, type IngestClaim } from '../../lib/token/claim-schemas.ts'
import { readClaim } from '../../lib/token/read-claim.ts'
import { selectUsable } from '../../lib/token/select-usable.ts'
import type { TokenVerifier, VerifiedToken } from '../../lib/token/verified-token.ts'
import { ingestionProblem } from './ingestion-problems.ts'
import { jitteredRetryAfter, type Random } from './retry-after.ts'

/** Who posts, and what the token's claim allows. */
export interface IngestRight {
  readonly clientId: string
  /** As presented. */
  readonly token: string
  readonly claim: IngestClaim
}

const bearer = /^bearer(?: +(.*))?$/i

/**
 * Reads an `Authorization` header. `at` is the time for which the token must be valid. Throws problems: `token-missing`,
 * `token-invalid`, `token-expired`, `keys-unavailable`, `ingest-not-authorised`.
 */
export async function authoriseIngest(
  header: string | undefined,
  { tokens, at, random }: { tokens: TokenVerifier; at: Date; random: Random },
): Promise<IngestRight> {
  const token = bearer.exec(header ?? '')?.[1]?.trim() ?? ''
  if (token === '') {
    throw ingestionProblem('token-missing', 'send Authorization: Bearer with a token', {
      headers: { 'www-authenticate': 'Bearer' },
    })
  }
  const { clientId, rights } = await verify(tokens, token, at, random)
  return { clientId, token, claim: readIngestClaim(rights) }
}

async function verify(
  tokens: TokenVerifier,
  token: string,
  at: Date,
  random: Random,
): Promise<VerifiedToken> {
  try {
    return await tokens.verify(token, at)
  } catch (cause) {
    if (!(cause instanceof IpsError)) throw cause
    if (cause.retryable) {
      const headers = jitteredRetryAfter(random)
      throw ingestionProblem('keys-unavailable', 'the keys cannot be read', { headers, cause })
    }
    const code = cause.code === 'token-expired' ? 'token-expired' : 'token-invalid'
    const headers = { 'www-authenticate': 'Bearer error="invalid_token"' }
    throw ingestionProblem(code, 'ask the authorisation service for another one', {
      headers,
      cause,
    })
  }
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
