import formbody from '@fastify/formbody'
import type { FastifyRequest } from 'fastify'
import { integer, setting } from '../lib/config/settings.ts'
import type { Counter } from '../lib/telemetry/create-metrics.ts'
import type { App } from './create-app.ts'
import { OAuthError, toOAuthError } from './oauth-error.ts'
import { addRequestLimits, type RequestLimits } from './request-limits.ts'

/** What every token endpoint has. */
export const tokenEndpointSettings = {
  tokensPerMinute: setting(
    integer(1, 1_000_000).default(120),
    'Tokens of each kind that one client gets in a minute from each process; more is answered 429. A client needs one an hour of each; the default is for clients of many processes that know nothing of each other',
  ),
} as const

/** The parameters of a request, each given once and not empty. */
export type FormParameters = Readonly<Record<string, string | undefined>>

/** A token endpoint's answer with a token. */
export interface TokenResponse {
  readonly access_token: string
  readonly token_type: 'Bearer'
  readonly expires_in: number
  readonly issued_token_type?: string
  readonly scope?: string
  readonly degraded?: true
}

/** What makes one token endpoint different from another. */
export interface TokenEndpoint<Limit extends string = string> {
  readonly path: string
  readonly summary: string
  /** Its parameters, those that must be given, and where it takes HTTP Basic too, for the OpenAPI document. */
  readonly parameters: Readonly<Record<string, string>>
  readonly required: readonly string[]
  readonly takesBasic?: boolean
  /** Counts answers by `result`: `issued`, `issued_degraded`, or the error. */
  readonly results: Counter<'result'>
  /** How many there may be in a minute, by what is counted. */
  readonly limits: Readonly<Record<Limit, number>>
  /** Gives the token, or throws `OAuthError`. */
  answer(
    form: FormParameters,
    request: FastifyRequest,
    limits: RequestLimits<Limit>,
  ): Promise<TokenResponse>
}

/** A form holds an authentication token of less than 1 KiB, a scope, and a client's credentials. */
const bodyLimit = 16 * 1024

/** Adds a POST endpoint that speaks OAuth 2.0: form in, JSON out, errors as RFC 6749 asks, nothing stored on the way. */
export async function registerTokenEndpoint<Limit extends string>(
  app: App,
  endpoint: TokenEndpoint<Limit>,
): Promise<void> {
  await app.register(async (scope) => {
    // Forms only: no other type may give a client's secret another way in.
    scope.removeAllContentTypeParsers()
    await scope.register(formbody, { bodyLimit })
    const limitsOf = await addRequestLimits(scope, endpoint.limits)
    scope.setErrorHandler((cause, request, reply) => {
      const error = toOAuthError(cause)
      endpoint.results.inc({ result: error.error })
      request.event['code'] = error.code
      if (error.status >= 500) request.event['error'] = error.cause ?? error
      return reply
        .code(error.status)
        .headers({ ...uncached, ...error.headers })
        .send({ error: error.error, error_description: error.message })
    })
    scope.post(
      endpoint.path,
      // The form is checked by hand: RFC 6749 says how each mistake is answered.
      { schema: schemaOf(endpoint), validatorCompiler: () => () => true, bodyLimit },
      async (request, reply) => {
        const form = readForm(request.body)
        const response = await endpoint.answer(form, request, limitsOf(request))
        endpoint.results.inc({ result: response.degraded ? 'issued_degraded' : 'issued' })
        return reply.headers(uncached).send(response)
      },
    )
  })
}

const uncached = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** RFC 6749, section 3.2: a parameter without a value counts as left out, and none may be repeated. */
function readForm(body: unknown): FormParameters {
  if (typeof body !== 'object' || body === null) {
    throw new OAuthError('invalid_request', 'the body must be application/x-www-form-urlencoded')
  }
  const entries = Object.entries(body as Record<string, unknown>).map(([name, value]) => {
    if (typeof value === 'string') return [name, value === '' ? undefined : value]
    throw new OAuthError('invalid_request', 'a parameter is given more than once')
  })
  return Object.fromEntries(entries) as FormParameters
}

/** Errors that every token endpoint may answer, for the OpenAPI document. */
const errorDescriptions = {
  400: 'The request is not as it should be: `error` says in which way (RFC 6749, section 5.2)',
  401: 'The client is unknown, suspended, or shows wrong credentials: `invalid_client`',
  429: 'Too many requests: `slow_down`. `Retry-After` says when to come back',
  503: 'Cannot be answered now: `temporarily_unavailable`. `Retry-After` says when to come back',
} as const

function schemaOf(endpoint: TokenEndpoint) {
  const { summary, parameters, required, takesBasic = false } = endpoint
  const text = { type: 'string' }
  const error = { type: 'object', properties: { error: text, error_description: text } }
  return {
    summary,
    tags: ['tokens'],
    ...(takesBasic && { security: [{ clientCredentials: [] }, {}] }),
    consumes: ['application/x-www-form-urlencoded'],
    body: {
      type: 'object',
      required,
      properties: Object.fromEntries(
        Object.entries(parameters).map(([name, description]) => [name, { ...text, description }]),
      ),
    },
    response: {
      200: {
        description: 'A token',
        type: 'object',
        properties: {
          access_token: text,
          issued_token_type: text,
          token_type: text,
          expires_in: { type: 'integer', description: 'Seconds' },
          scope: text,
          degraded: { type: 'boolean' },
        },
      },
      ...Object.fromEntries(
        Object.entries(errorDescriptions).map(([status, description]) => [
          status,
          { ...error, description },
        ]),
      ),
    },
  }
}
