/** Why somebody gets no token. Operators see it; the caller does not. */
export type RefusalReason =
  | 'client-unknown'
  | 'client-suspended'
  | 'secret-unknown'
  | 'secret-wrong'
  | 'secret-expired'
  | 'key-unknown'
  | 'assertion-invalid'
  | 'assertion-expired'
  | 'assertion-replayed'
  | 'rate-exceeded'

/** Whether credentials are right. `credential` is the id of the secret or key, where the client has one of this id. */
export type CredentialsDecision =
  | {
      readonly granted: true
      readonly clientId: string
      readonly credential: string
      /** Decided from memory, while the identities could not be asked. */
      readonly degraded?: true
    }
  | { readonly granted: false; readonly reason: RefusalReason; readonly credential?: string }
