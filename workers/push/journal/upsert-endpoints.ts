import { notifyOf } from '../../../lib/journal/notify-of.ts'
import type { Statement } from '../../../lib/postgres/transact.ts'
import { interruptChannel } from './channels.ts'

/** An endpoint as a token names it, ready for the journal. */
export interface EndpointRow {
  readonly endpointId: string
  readonly clientId: string
  readonly host: string
  /** URL and secret: see `sealEndpoint`. */
  readonly sealed: Buffer
  /** JSON. */
  readonly settings: string
  /** Digest of everything that the token says of it. */
  readonly fingerprint: string
  /** And of the secret alone. */
  readonly secretFingerprint: string
  readonly tokenIssuedAt: Date
}

/**
 * Locks every endpoint, new or not, until the transaction ends, and keeps the settings of the newest token. A secret that is
 * replaced still signs for `secretOverlapSeconds`. Deliveries of endpoints whose settings have changed are interrupted. The
 * endpoints must be in the order of their ids.
 */
export function upsertEndpoints(
  endpoints: readonly EndpointRow[],
  secretOverlapSeconds: number,
): Statement {
  return {
    name: 'upsert-endpoints',
    text: `
      WITH locked AS (
        INSERT INTO endpoints AS known
          (endpoint_id, client_id, host, client_sealed, settings, fingerprint, secret_fingerprint,
            token_issued_at)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::jsonb[], $6::text[],
          $7::text[], $8::timestamptz[])
        ON CONFLICT (endpoint_id) DO UPDATE SET
          former_sealed = CASE WHEN ${isNewSecret} THEN known.sealed ELSE known.former_sealed END,
          former_until = CASE WHEN ${isNewSecret}
            THEN now() + $9 * interval '1 second' ELSE known.former_until END,
          former_client_sealed = CASE WHEN ${isNewSecret}
            THEN known.client_sealed ELSE known.former_client_sealed END,
          sealed = NULL,
          client_sealed = excluded.client_sealed,
          settings = excluded.settings,
          fingerprint = excluded.fingerprint,
          secret_fingerprint = excluded.secret_fingerprint,
          token_issued_at = excluded.token_issued_at,
          changed_at = CASE WHEN known.fingerprint = excluded.fingerprint
            THEN known.changed_at ELSE now() END
        WHERE excluded.token_issued_at > known.token_issued_at
        RETURNING endpoint_id, changed_at = now() AS is_changed
      )
      ${notifyOf(interruptChannel, 'SELECT endpoint_id FROM locked WHERE is_changed')}`,
    values: [
      endpoints.map((endpoint) => endpoint.endpointId),
      endpoints.map((endpoint) => endpoint.clientId),
      endpoints.map((endpoint) => endpoint.host),
      endpoints.map((endpoint) => endpoint.sealed),
      endpoints.map((endpoint) => endpoint.settings),
      endpoints.map((endpoint) => endpoint.fingerprint),
      endpoints.map((endpoint) => endpoint.secretFingerprint),
      endpoints.map((endpoint) => endpoint.tokenIssuedAt),
      secretOverlapSeconds,
    ],
  }
}

/** SQL: the secret is another one. What was journalled before secrets had a digest of their own may be another one. */
const isNewSecret = `(known.fingerprint <> excluded.fingerprint
  AND known.secret_fingerprint IS DISTINCT FROM excluded.secret_fingerprint)`
