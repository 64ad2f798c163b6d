import { fastify } from 'fastify'
import type { Logger } from '../lib/telemetry/create-logger.ts'
import type { Registry } from '../lib/telemetry/create-metrics.ts'
import type { RandomBytes } from '../lib/telemetry/trace-context.ts'
import type { App } from './app.ts'
import { answerClientError, handleErrors, sendProblem } from './handle-errors.ts'
import { beginRequest, observeRequests } from './observe-requests.ts'

export type { App } from './app.ts'

/** What the shell needs. */
export interface AppOptions {
  readonly logger: Logger
  readonly metrics: Registry
  readonly random?: RandomBytes
  /** Whose word on a request's sender is taken. */
  readonly trustedProxies?: readonly string[]
}

/** Tokens and trace context fit; whatever is larger is answered with 431. */
const maxHeaderBytes = 16 * 1024
/** Forms and JSON of the small services; ingestion reads its bodies itself, within limits of its own. */
const bodyLimit = 64 * 1024
/** A client that cannot send its headers in this time holds a socket for nothing. */
const headersTimeoutMs = 10_000
/** The largest body over a slow line; ingestion cuts stalled and slow uploads much earlier. */
const requestTimeoutMs = 120_000
/** How often the two limits above are looked at. */
const timeoutCheckMs = 1_000
/** A socket on which nothing moves for so long is dead; streams send a heartbeat every 10 s. */
const idleSocketTimeoutMs = 60_000
/** Longer than the pauses of a client that works through a queue, shorter than a load balancer's 60 s. */
const keepAliveTimeoutMs = 30_000

/**
 * Creates the HTTP server that services mount their routes on: time-outs and sizes bounded, every error a problem
 * document (RFC 9457), the trace continued, one log event a request. Closing it lets requests under way end.
 */
export function createApp(options: AppOptions): App {
  const app: App = fastify({
    logger: false,
    trustProxy: [...(options.trustedProxies ?? [])],
    bodyLimit,
    requestTimeout: requestTimeoutMs,
    connectionTimeout: idleSocketTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    http: {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: timeoutCheckMs,
    },
    // An over-long parameter is the service's to refuse, not an unknown address.
    routerOptions: { maxParamLength: maxHeaderBytes },
    rewriteUrl: (request) => decodableUrl(request.url ?? '/'),
    frameworkErrors(error, request, reply) {
      beginRequest(request, options.random)
      void sendProblem(error, request, reply)
    },
    clientErrorHandler: answerClientError,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
  })
  observeRequests(app, options)
  handleErrors(app)
  continueOnlyWhenWanted(app)
  return app
}

/** Listens, and returns the port, which the system chooses where it is 0. Rejects where the port is taken. */
export async function listen(
  app: App,
  { httpHost, httpPort }: { httpHost: string; httpPort: number },
): Promise<number> {
  const address = await app.listen({ host: httpHost, port: httpPort })
  return Number(new URL(address).port)
}

/**
 * A URL whose path the router can decode. A broken escape would be refused before any service sees it; with its `%`
 * escaped it reaches the service, which refuses it in its own order, after the token.
 */
function decodableUrl(url: string): string {
  const [path = '', ...query] = url.split('?')
  try {
    decodeURIComponent(path)
    return url
  } catch {
    return [path.replaceAll('%', '%25'), ...query].join('?')
  }
}

/** Answers `Expect: 100-continue` only when a body is about to be read: a refused one is then never sent. */
function continueOnlyWhenWanted(app: App): void {
  app.server.on('checkContinue', (request, response) => {
    app.routing(request, response)
  })
  app.addHook('preParsing', (request, reply, _payload, done) => {
    if (request.headers.expect?.toLowerCase() === '100-continue') reply.raw.writeContinue()
    done(null)
  })
}
