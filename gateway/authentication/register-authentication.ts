import type { AuthenticationTokenIssuer } from '../../lib/token/create-authentication-tokens.ts'
import { Counter, type Registry } from '../../lib/telemetry/create-metrics.ts'
import type { App } from '../create-app.ts'
import { OAuthError } from '../oauth-error.ts'
import { registerTokenEndpoint } from '../register-token-endpoint.ts'
import type { CheckCredentials } from './check-credentials.ts'
import { readClientCredentials } from './read-client-credentials.ts'

/** Long enough for one exchange, with retries. */
const lifetimeSeconds = 600

/** What the endpoint needs. */
export interface AuthenticationDependencies {
  readonly checkCredentials: CheckCredentials
  readonly tokens: AuthenticationTokenIssuer
  readonly metrics: Registry
  readonly now: () => Date
}

/**
 * Adds `POST /authentication/v1/token` (OAuth 2.0 client credentials). An unknown client and a wrong secret get the same
 * answer, after the same time.
 */
export function registerAuthentication(
  app: App,
  { checkCredentials, tokens, metrics, now }: AuthenticationDependencies,
): Promise<void> {
  return registerTokenEndpoint(app, {
    path: '/authentication/v1/token',
    summary: 'Says who a client is: gives an authentication token for its credentials',
    parameters: {
      grant_type: '`client_credentials`',
      client_id: 'The client, where HTTP Basic is not used',
      client_secret: 'Its secret, where HTTP Basic is not used',
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
      const credentials = readClientCredentials(request.headers.authorization, form)
      const issuedAt = now()
      if (!(await checkCredentials(credentials, issuedAt))) {
        throw new OAuthError('invalid_client', 'the client’s id or secret is wrong')
      }
      const { clientId } = credentials
      request.event['clientId'] = clientId
      const token = await tokens.issue({ clientId, issuedAt, lifetimeSeconds })
      return { access_token: token, token_type: 'Bearer', expires_in: lifetimeSeconds }
    },
  })
}
