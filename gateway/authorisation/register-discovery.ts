import type { Pool } from '../../lib/postgres/create-pool.ts'
import { isClientId } from '../../lib/token/client-id.ts'
import { readJwks } from '../../lib/token/list-keys.ts'
import type { App } from '../create-app.ts'
import { problemsOf } from '../problem.ts'
import { readWebhookPublicKeys } from './read-grants.ts'

/** Verifiers that meet an unknown key ask again anyway. */
const cacheControl = 'public, max-age=300'

const problem = problemsOf({
  'client-unknown': { status: 404, title: 'There is no such client' },
  'keys-unavailable': { status: 503, title: 'The keys cannot be read now', retryable: true },
})

const retryAfterSeconds = '2'

const text = { type: 'string' }
const jwksSchema = {
  summary: 'The public keys with which tokens are signed (RFC 7517)',
  tags: ['tokens'],
  response: {
    200: {
      type: 'object',
      properties: {
        keys: { type: 'array', items: { type: 'object', additionalProperties: true } },
      },
    },
  },
}
const metadataSchema = {
  summary: 'Where tokens are to be had (RFC 8414)',
  tags: ['tokens'],
  response: { 200: { type: 'object', additionalProperties: true } },
}
const webhookKeysSchema = {
  summary: 'The public keys with which a client’s v1a webhook signatures are verified',
  tags: ['push'],
  params: { type: 'object', properties: { clientId: text } },
  response: {
    200: { type: 'object', properties: { keys: { type: 'array', items: text } } },
  },
}

/** Adds what everybody may know: `/.well-known/jwks.json`, `/.well-known/oauth-authorization-server`, webhooks' public keys. */
export function registerDiscovery(
  app: App,
  options: { pool: Pool; keysDirectory: string; issuer: string; publicUrl: string | undefined },
): void {
  const { pool, keysDirectory, issuer, publicUrl } = options
  app.get('/.well-known/jwks.json', { schema: jwksSchema }, async (_request, reply) =>
    reply.header('cache-control', cacheControl).send(await orUnavailable(readJwks(keysDirectory))),
  )
  app.get(
    '/.well-known/oauth-authorization-server',
    { schema: metadataSchema },
    (request, reply) => {
      const base = publicUrl ?? `${request.protocol}://${request.host}`
      return reply.header('cache-control', cacheControl).send(metadata(issuer, base))
    },
  )
  app.get<{ Params: { clientId: string } }>(
    '/push/v1/keys/:clientId',
    { schema: webhookKeysSchema },
    async (request, reply) => {
      const { clientId } = request.params
      const keys = isClientId(clientId)
        ? await orUnavailable(readWebhookPublicKeys(pool, clientId))
        : []
      if (keys.length === 0) throw problem('client-unknown', 'no client has this id')
      return reply.header('cache-control', cacheControl).send({ keys })
    },
  )
}

function metadata(issuer: string, base: string) {
  return {
    issuer,
    token_endpoint: `${base}/authentication/v1/token`,
    token_exchange_endpoint: `${base}/authorisation/v1/token`,
    jwks_uri: `${base}/.well-known/jwks.json`,
    grant_types_supported: [
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ],
    token_endpoint_auth_methods_supported: [
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
    ],
    token_endpoint_auth_signing_alg_values_supported: ['EdDSA', 'ES256'],
    response_types_supported: [],
  }
}

async function orUnavailable<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (cause) {
    const headers = { 'retry-after': retryAfterSeconds }
    throw problem('keys-unavailable', 'try again in a moment', { headers, cause })
  }
}
