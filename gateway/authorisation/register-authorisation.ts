import type { Pool } from '../../lib/postgres/create-pool.ts'
import { Counter, type Registry } from '../../lib/telemetry/create-metrics.ts'
import type { Logger } from '../../lib/telemetry/create-logger.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { AuthenticationTokenVerifier } from '../../lib/token/create-authentication-tokens.ts'
import type { SecretBox } from '../../lib/token/create-secret-box.ts'
import type { TokenIssuer } from '../../lib/token/create-token-issuer.ts'
import type { App } from '../create-app.ts'
import { OAuthError } from '../oauth-error.ts'
import {
  registerTokenEndpoint,
  type FormParameters,
  type TokenResponse,
} from '../register-token-endpoint.ts'
import { completeRights } from './complete-rights.ts'
import { narrowRights } from './narrow-rights.ts'
import { readGrants, type ClientGrants } from './read-grants.ts'

const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'
const jwtType = 'urn:ietf:params:oauth:token-type:jwt'

/** So much of a token's life is left to chance, so that clients that began together do not renew together. */
const randomShare = 0.1

/** What the endpoint needs. */
export interface AuthorisationDependencies {
  readonly pool: Pool
  readonly box: SecretBox
  readonly subjects: AuthenticationTokenVerifier
  readonly tokens: TokenIssuer
  readonly ttlSeconds: number
  readonly logger: Logger
  readonly metrics: Registry
  readonly now: () => Date
  /** From 0 to below 1. */
  readonly random: () => number
}

/** Adds `POST /authorisation/v1/token` (RFC 8693): exchanges an authentication token for one that says what its client may do. */
export function registerAuthorisation(app: App, deps: AuthorisationDependencies): Promise<void> {
  return registerTokenEndpoint(app, {
    path: '/authorisation/v1/token',
    summary:
      'Says what a client may do: exchanges an authentication token for an authorisation token',
    parameters: {
      grant_type: `\`${grantType}\``,
      subject_token: 'The authentication token',
      subject_token_type: `\`${accessTokenType}\``,
      scope: 'Claims separated by spaces, each granted or narrower; all that is granted by default',
    },
    results: new Counter({
      name: 'ips_authorisation_total',
      help: 'Requests for authorisation tokens, by how they ended',
      labelNames: ['result'],
      registers: [deps.metrics],
    }),
    async answer(form, request) {
      const now = deps.now()
      const clientId = await readSubject(form, deps, now)
      request.event['clientId'] = clientId
      const grants = await readGrants(deps.pool, deps.box, clientId)
      if (grants === undefined || grants.suspended) {
        throw new OAuthError('invalid_client', 'the client is unknown or suspended')
      }
      return issueToken({ clientId, grants, scope: form['scope'], now }, deps)
    },
  })
}

async function readSubject(
  form: FormParameters,
  { subjects }: AuthorisationDependencies,
  now: Date,
): Promise<string> {
  if (form['grant_type'] === undefined) {
    throw new OAuthError('invalid_request', 'grant_type is missing')
  }
  if (form['grant_type'] !== grantType) {
    throw new OAuthError('unsupported_grant_type', `grant_type must be ${grantType}`)
  }
  const { subject_token: token, subject_token_type: type } = form
  if (token === undefined || type !== accessTokenType) {
    throw new OAuthError(
      'invalid_request',
      `subject_token and subject_token_type (${accessTokenType}) are needed`,
    )
  }
  try {
    return (await subjects.verify(token, now)).clientId
  } catch (error) {
    if (!(error instanceof IpsError) || error.retryable) throw error
    throw new OAuthError('invalid_request', 'subject_token is not valid or has expired', {
      cause: error,
    })
  }
}

async function issueToken(
  request: {
    clientId: string
    grants: ClientGrants
    scope: string | undefined
    now: Date
  },
  { tokens, ttlSeconds, random, logger }: AuthorisationDependencies,
): Promise<TokenResponse> {
  const { clientId, grants, scope, now } = request
  const narrowed = narrowRights(grants.claims, scope)
  const rights = completeRights(narrowed, grants, (claim, reason) =>
    logger.warn({ clientId, claim, reason }, 'grant.malformed'),
  )
  const lifetimeSeconds = ttlSeconds - Math.floor(random() * randomShare * ttlSeconds)
  return {
    access_token: await tokens.issue({ clientId, rights, issuedAt: now, lifetimeSeconds }),
    issued_token_type: jwtType,
    token_type: 'Bearer',
    expires_in: lifetimeSeconds,
    scope: Object.keys(rights).sort().join(' '),
  }
}
