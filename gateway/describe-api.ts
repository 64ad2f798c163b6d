import swagger from '@fastify/swagger'
import apiReference from '@scalar/fastify-api-reference'
import packageFile from '../package.json' with { type: 'json' }
import type { App } from './app.ts'
import { describeWebhooks } from './describe-webhooks.ts'

const description = `
Post images of a transaction with a bearer token; get what is found in them by webhook, or read it as one stream.

A token takes two requests: the authentication service says who you are, the authorisation service what you may do.
Errors are problem documents (RFC 9457), those of the two token endpoints as RFC 6749 asks.
`.trim()

/** For people without a browser. */
const pointer = 'ips: the API is described at /docs/, for programs at /openapi.json\n'

/** The page brings everything with it: nothing is loaded from elsewhere, and nothing is sent there. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/**
 * Serves the description of all routes that are added after this call, and of the webhooks: OpenAPI at `/openapi.json`, and
 * a page that renders it at `/docs/`, to which `/` leads. `publicUrl` is the address of the system in it, by default the one
 * of each request.
 */
export async function describeApi(app: App, publicUrl?: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Image Processing System', version: packageFile.version, description },
      components: {
        securitySchemes: {
          authorisationToken: {
            type: 'http',
            scheme: 'bearer',
            description: 'The token that the authorisation service gave',
          },
          clientCredentials: {
            type: 'http',
            scheme: 'basic',
            description: 'Client id and secret',
          },
        },
      },
    },
  })
  const webhooks = describeWebhooks()
  app.get('/openapi.json', { schema: { hide: true } }, ({ protocol, host }) => ({
    ...app.swagger(),
    servers: [{ url: publicUrl ?? `${protocol}://${host}` }],
    webhooks,
  }))
  app.get('/', { schema: { hide: true } }, (_request, reply) =>
    reply.code(302).header('location', '/docs/').type('text/plain').send(pointer),
  )
  await app.register(async (scope) => {
    scope.addHook('onSend', (_request, reply, payload, done) => {
      reply.header('content-security-policy', contentSecurityPolicy)
      done(null, payload)
    })
    await scope.register(apiReference, {
      routePrefix: '/docs',
      configuration: {
        url: '/openapi.json',
        pageTitle: 'Image Processing System',
        defaultOpenAllTags: true,
        favicon: 'data:,',
        // What would lead away from here.
        agent: { disabled: true },
        mcp: { disabled: true },
        hideClientButton: true,
        showDeveloperTools: 'never',
        telemetry: false,
        withDefaultFonts: false,
      },
    })
  })
}
