import type { FastifyRequest } from 'fastify'
import {
  authenticationIssuer,
  type AuthenticationTokenIssuer,
} from '../../lib/token/create-authentication-tokens.ts'
import { Counter, type Registry } from '../../lib/telemetry/create-metrics.ts'
import type { App } from '../create-app.ts'
import { OAuthError } from '../oauth-error.ts'
import { registerTokenEndpoint } from '../register-token-endpoint.ts'
import type { CheckAssertion } from './check-assertion.ts'
import type { CheckCredentials } from './check-credentials.ts'
import { readShownCredentials, type ShownCredentials } from './read-client-credentials.ts'

/** Long enough for one exchange, with retries. */
const lifetimeSeconds = 600

/** What the endpoint needs. */
export interface AuthenticationDependencies {
  readonly checkCredentials: CheckCredentials
  readonly checkAssertion: CheckAssertion
  /** The system's issuer, as in the configuration: an audience of assertions, as the endpoint's own URL is. */
  readonly issuer: string
  /** Where clients reach the endpoint: only what is configured is an audience, or a loopback address. */
  readonly publicUrl: string | undefined
  readonly tokens: AuthenticationTokenIssuer
  readonly metrics: Registry
  readonly now: () => Date
}

const endpointPath = '/authentication/v1/token'

/**
 * Adds `POST /authentication/v1/token` (OAuth 2.0 client credentials). An unknown client and a wrong secret get the same
 * answer, after the same time.
 */
export function registerAuthentication(app: App, deps: AuthenticationDependencies): Promise<void> {
  const { tokens, metrics, now } = deps
  return registerTokenEndpoint(app, {
    path: endpointPath,
    summary: 'Says who a client is: gives an authentication token for its credentials',
    parameters: {
      grant_type: '`client_credentials`',
      client_id: 'The client, where HTTP Basic is not used',
      client_secret: 'Its secret, where HTTP Basic is not used',
      client_assertion:
        'Instead of a secret: a JWT (RFC 7523) that a registered key of the client has signed, used once',
      client_assertion_type: '`urn:ietf:params:oauth:client-assertion-type:jwt-bearer`',
    },
    results: new Counter({
      name: 'ips_authentication_total',
      help: 'Requests for authentication tokens, by how they ended',
      labelNames: ['result'],
      registers: [metrics],
    }),
    async answer(form, request) {
      const { grant_type: grantType } = form
      if (grantType === undefined) throw new OAuthError('invalid_request', 'grant_type is missing')
      if (grantType !== 'client_credentials') {
        throw new OAuthError('unsupported_grant_type', 'grant_type must be client_credentials')
      }
      const shown = readShownCredentials(request.headers.authorization, form)
      const issuedAt = now()
      const base = deps.publicUrl ?? loopbackBaseOf(request)
      const clientId = await identify(shown, deps, { base, at: issuedAt })
      request.event['clientId'] = clientId
      const token = await tokens.issue({ clientId, issuedAt, lifetimeSeconds })
      return { access_token: token, token_type: 'Bearer', expires_in: lifetimeSeconds }
    },
  })
}

/** Says who shows these credentials. Throws `OAuthError('invalid_client')`. */
async function identify(
  shown: ShownCredentials,
  { checkCredentials, checkAssertion, issuer }: AuthenticationDependencies,
  { base, at }: { base: string | undefined; at: Date },
): Promise<string> {
  if (shown.kind === 'secret') {
    if (await checkCredentials(shown, at)) return shown.clientId
    throw new OAuthError('invalid_client', 'the client’s id or secret is wrong')
  }
  const urls = base === undefined ? [] : [base + endpointPath, base]
  const audiences = [...urls, issuer, authenticationIssuer(issuer)]
  const clientId = await checkAssertion(shown.assertion, { audiences, at })
  if (clientId !== undefined && (shown.clientId ?? clientId) === clientId) return clientId
  throw new OAuthError('invalid_client', 'the assertion is not good, or was used before')
}

/**
 * The URL that a caller on the same machine uses. Any other name must be configured: who presents an assertion that was made
 * for somebody else could choose it.
 */
function loopbackBaseOf({ protocol, host, hostname }: FastifyRequest): string | undefined {
  const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)
  return isLoopback ? `${protocol}://${host}` : undefined
}
