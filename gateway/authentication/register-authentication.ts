import type { FastifyRequest } from 'fastify'
import {
  authenticationIssuer,
  type AuthenticationTokenIssuer,
} from '../../lib/token/create-authentication-tokens.ts'
import { Counter, type Registry } from '../../lib/telemetry/create-metrics.ts'
import type { App } from '../create-app.ts'
import { OAuthError } from '../oauth-error.ts'
import { senderOf } from '../request-limits.ts'
import { registerTokenEndpoint } from '../register-token-endpoint.ts'
import { createIdentification, type IdentificationDependencies } from './identify.ts'
import { readShownCredentials } from './read-client-credentials.ts'

/** Long enough for one exchange, with retries. */
const fullLifetimeSeconds = 600
/** For one exchange at once: who is suspended meanwhile has the token for no longer. */
const degradedLifetimeSeconds = 120
/** One sender may fail in so many names as often as in each, before it is refused in all of them. */
const namesOfSender = 3

/** What the endpoint needs. */
export interface AuthenticationDependencies extends IdentificationDependencies {
  /** The system's issuer, as in the configuration: an audience of assertions, as the endpoint's own URL is. */
  readonly issuer: string
  /** Where clients reach the endpoint: only what is configured is an audience, or a loopback address. */
  readonly publicUrl: string | undefined
  readonly tokens: AuthenticationTokenIssuer
  readonly metrics: Registry
  /** Of one client. */
  readonly tokensPerMinute: number
  /** Of one sender, in one name. */
  readonly failuresPerMinute: number
  readonly now: () => Date
}

const endpointPath = '/authentication/v1/token'

/**
 * Adds `POST /authentication/v1/token` (OAuth 2.0 client credentials). An unknown client and a wrong secret get the same
 * answer, after the same time.
 */
export function registerAuthentication(app: App, deps: AuthenticationDependencies): Promise<void> {
  const identify = createIdentification(deps)
  return registerTokenEndpoint(app, {
    path: endpointPath,
    summary: 'Says who a client is: gives an authentication token for its credentials',
    parameters: {
      grant_type: '`client_credentials`',
      client_id: 'The client, where HTTP Basic is not used',
      client_secret: 'Its secret, where HTTP Basic is not used',
      client_assertion:
        'Instead of a secret: a JWT (RFC 7523) that a registered key of the client has signed, which its header’s `kid` names; used once, for five minutes at most',
      client_assertion_type: '`urn:ietf:params:oauth:client-assertion-type:jwt-bearer`',
    },
    required: ['grant_type'],
    takesBasic: true,
    results: new Counter({
      name: 'ips_authentication_total',
      help: 'Requests for authentication tokens, by how they ended',
      labelNames: ['result'],
      registers: [deps.metrics],
    }),
    limits: {
      tokens: deps.tokensPerMinute,
      failures: deps.failuresPerMinute,
      failuresOfSender: deps.failuresPerMinute * namesOfSender,
    },
    async answer(form, request, limits) {
      const { grant_type: grantType } = form
      if (grantType === undefined) throw new OAuthError('invalid_request', 'grant_type is missing')
      if (grantType !== 'client_credentials') {
        throw new OAuthError('unsupported_grant_type', 'grant_type must be client_credentials')
      }
      const shown = readShownCredentials(request.headers.authorization, form)
      const issuedAt = deps.now()
      const base = deps.publicUrl ?? loopbackBaseOf(request)
      const { clientId, degraded = false } = await identify(shown, {
        audiences: audiencesOf(base, deps.issuer),
        at: issuedAt,
        sender: senderOf(request),
        limits,
      })
      request.event['clientId'] = clientId
      if (degraded) request.event['degraded'] = true
      const lifetimeSeconds = degraded ? degradedLifetimeSeconds : fullLifetimeSeconds
      const token = await deps.tokens.issue({ clientId, issuedAt, lifetimeSeconds, degraded })
      return {
        access_token: token,
        token_type: 'Bearer',
        expires_in: lifetimeSeconds,
        ...(degraded ? { degraded } : {}),
      }
    },
  })
}

/** The names by which an assertion may call the one whom it is for. */
function audiencesOf(base: string | undefined, issuer: string): string[] {
  const urls = base === undefined ? [] : [base + endpointPath, base]
  return [...urls, issuer, authenticationIssuer(issuer)]
}

/**
 * The URL that a caller on the same machine uses. Any other name must be configured: who presents an assertion that was made
 * for somebody else could choose it.
 */
function loopbackBaseOf({ protocol, host, hostname }: FastifyRequest): string | undefined {
  const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)
  return isLoopback ? `${protocol}://${host}` : undefined
}
