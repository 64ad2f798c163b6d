/** What a token says, after both of its layers were verified. */
export interface VerifiedToken {
  readonly clientId: string
  /** The claims that are rights, by their name: `ingest-1.*`, `faceextract-1.0`, `push-1`… with their values. */
  readonly rights: Readonly<Record<string, unknown>>
  readonly issuedAt: Date
  readonly expiresAt: Date
  /** True where it was issued while the grants could not be read. */
  readonly degraded: boolean
}

/** Verifies tokens. */
export interface TokenVerifier {
  /**
   * Verifies a compact JWE around a compact JWS. `at` is the time for which it must be valid: now at ingestion, the
   * envelope's `ingestedAt` later. Throws `IpsError('token-invalid')`, `IpsError('token-key-unknown')` or
   * `IpsError('token-expired')`, not retryable.
   * Idempotent; verified tokens are kept in a bounded cache by their digest.
   */
  verify(token: string, at: Date): Promise<VerifiedToken>
}
