import { pushClaim } from '../../lib/token/push-claim.ts'

/** What a client may do for whom nobody decided anything else. */
export const defaultClaims: Readonly<Record<string, unknown>> = {
  'ingest-1.*': true,
  'faceextract-1.*': true,
  'ocr-*': true,
  'summary-1.*': true,
  'firehose-1.*': true,
}

/**
 * The claims of a new client: the ones given, else the default ones; a webhook adds the push claim in both cases, unless
 * one is given, which then stands.
 */
export function claimsOfNewClient(options: {
  readonly claims?: Readonly<Record<string, unknown>>
  readonly webhook?: string
}): Readonly<Record<string, unknown>> {
  const { claims = defaultClaims, webhook } = options
  return webhook === undefined ? claims : { [pushClaim]: webhook, ...claims }
}
