import { IpsError } from '../errors/ips-error.ts'
import type { TokenVerifier, VerifiedToken } from './verified-token.ts'

/**
 * A new key is read by ingestion and by consumers at different moments, and a shared folder may show it to them minutes
 * apart. Within this time of its ingestion a record's unknown key is taken for one that has not arrived yet.
 */
export const keyArrivalMs = 5 * 60 * 1000

/**
 * Verifies the token of a record, for the time at which it was ingested. Throws like `TokenVerifier.verify`, but
 * `IpsError('token-key-unknown')` is retryable while the record is young: ingestion has verified the token, so that it is
 * more likely that this process has not seen its key yet.
 */
export async function verifyConsumedToken(
  verifier: TokenVerifier,
  record: { readonly token: string; readonly ingestedAt: Date },
  clock: () => number = Date.now,
): Promise<VerifiedToken> {
  try {
    return await verifier.verify(record.token, record.ingestedAt)
  } catch (error) {
    if (!(error instanceof IpsError) || error.code !== 'token-key-unknown') throw error
    // Either way: a time that lies far in the future must not be waited for.
    if (Math.abs(clock() - record.ingestedAt.getTime()) >= keyArrivalMs) throw error
    throw new IpsError(error.code, error.message, { retryable: true, cause: error })
  }
}
