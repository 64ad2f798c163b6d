import swagger from '@fastify/swagger'
import apiReference from '@scalar/fastify-api-reference'
import packageFile from '../package.json' with { type: 'json' }
import type { App } from './app.ts'

const description = `
Post images of a transaction with a bearer token; get what is found in them by webhook.

A token takes two requests: the authentication service says who you are, the authorisation service what you may do.
Errors are problem documents (RFC 9457), those of the two token endpoints as RFC 6749 asks.
`.trim()

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
 * Serves the description of all routes that are added after this call: OpenAPI at `/openapi.json`, and a page that renders
 * it at `/docs/`.
 */
export async function describeApi(app: App): Promise<void> {
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
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
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
