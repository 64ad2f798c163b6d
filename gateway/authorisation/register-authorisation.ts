import { Counter } from '../../lib/telemetry/create-metrics.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import type { AuthenticationTokenVerifier } from '../../lib/token/create-authentication-tokens.ts'
import type { App } from '../create-app.ts'
import { OAuthError } from '../oauth-error.ts'
import { registerTokenEndpoint, type FormParameters } from '../register-token-endpoint.ts'
import { createTokenIssuance, type IssuingDependencies } from './issue-authorisation-token.ts'

const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'

/** What the endpoint needs. */
export interface AuthorisationDependencies extends IssuingDependencies {
  readonly subjects: AuthenticationTokenVerifier
  /** Of one client. */
  readonly tokensPerMinute: number
}

/** Adds `POST /authorisation/v1/token` (RFC 8693): exchanges an authentication token for one that says what its client may do. */
export function registerAuthorisation(app: App, deps: AuthorisationDependencies): Promise<void> {
  const issue = createTokenIssuance(deps)
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
    required: ['grant_type', 'subject_token', 'subject_token_type'],
    results: new Counter({
      name: 'ips_authorisation_total',
      help: 'Requests for authorisation tokens, by how they ended',
      labelNames: ['result'],
      registers: [deps.metrics],
    }),
    limits: { tokens: deps.tokensPerMinute },
    async answer(form, request, limits) {
      const subject = await readSubject(form, deps)
      request.event['clientId'] = subject.clientId
      await limits.count('tokens', subject.clientId)
      const response = await issue({ ...subject, scope: form['scope'] })
      if (response.degraded) request.event['degraded'] = true
      return response
    },
  })
}

async function readSubject(
  form: FormParameters,
  { subjects, now }: AuthorisationDependencies,
): Promise<{ clientId: string; degraded: boolean }> {
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
    const { clientId, degraded = false } = await subjects.verify(token, now())
    return { clientId, degraded }
  } catch (error) {
    if (!(error instanceof IpsError) || error.retryable) throw error
    throw new OAuthError('invalid_request', 'subject_token is not valid or has expired', {
      cause: error,
    })
  }
}
