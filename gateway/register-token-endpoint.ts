import formbody from '@fastify/formbody'
import type { FastifyRequest } from 'fastify'
import type { Counter } from '../lib/telemetry/create-metrics.ts'
import type { App } from './create-app.ts'
import { OAuthError, toOAuthError } from './oauth-error.ts'

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
export interface TokenEndpoint {
  readonly path: string
  readonly summary: string
  /** Its parameters, for the OpenAPI document. */
  readonly parameters: Readonly<Record<string, string>>
  /** Counts answers by `result`: `issued`, or the error. */
  readonly results: Counter<'result'>
  /** Gives the token, or throws `OAuthError`. */
  answer(form: FormParameters, request: FastifyRequest): Promise<TokenResponse>
}

/** A form holds an authentication token of less than 1 KiB, a scope, and a client's credentials. */
const bodyLimit = 16 * 1024

/** Adds a POST endpoint that speaks OAuth 2.0: form in, JSON out, errors as RFC 6749 asks, nothing stored on the way. */
export async function registerTokenEndpoint(app: App, endpoint: TokenEndpoint): Promise<void> {
  await app.register(async (scope) => {
    // Forms only: no other type may give a client's secret another way in.
    scope.removeAllContentTypeParsers()
    await scope.register(formbody, { bodyLimit })
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
        const response = await endpoint.answer(readForm(request.body), request)
        endpoint.results.inc({ result: 'issued' })
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

function schemaOf({ summary, parameters }: TokenEndpoint) {
  const text = { type: 'string' }
  return {
    summary,
    tags: ['tokens'],
    consumes: ['application/x-www-form-urlencoded'],
    body: {
      type: 'object',
      properties: Object.fromEntries(
        Object.entries(parameters).map(([name, description]) => [name, { ...text, description }]),
      ),
    },
    response: {
      200: {
        type: 'object',
        properties: {
          access_token: text,
          issued_token_type: text,
          token_type: text,
          expires_in: { type: 'integer' },
          scope: text,
          degraded: { type: 'boolean' },
        },
      },
      '4xx': {
        type: 'object',
        properties: { error: text, error_description: text },
      },
    },
  }
}
