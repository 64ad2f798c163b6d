import type { FastifyRequest } from 'fastify'
import type { Logger } from '../lib/telemetry/create-logger.ts'
import { Counter, Histogram, type Registry } from '../lib/telemetry/create-metrics.ts'
import { continueTrace, traceIdOf, type RandomBytes } from '../lib/telemetry/trace-context.ts'
import type { App } from './app.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The request's own step of the trace that the client began, or of a new one. */
    traceparent: string
    /** What the request's one log event will say; handlers add what they know. */
    event: Record<string, unknown>
    startedAtMs: number
  }
}

/** From a cached key lookup to a large upload over a slow line, in seconds. */
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120]

/** Gives a request its trace and its event; the framework's own errors come before any hook. */
export function beginRequest(request: FastifyRequest, random?: RandomBytes): void {
  const parent = request.headers['traceparent']
  request.traceparent = continueTrace(typeof parent === 'string' ? parent : undefined, random)
  request.event = {}
  request.startedAtMs = performance.now()
}

/** Continues each request's trace, and writes one log event and two metrics when its answer has been sent. */
export function observeRequests(
  app: App,
  { logger, metrics, random }: { logger: Logger; metrics: Registry; random?: RandomBytes },
): void {
  const requests = new Counter({
    name: 'ips_http_requests_total',
    help: 'Requests answered',
    labelNames: ['route', 'method', 'status'],
    registers: [metrics],
  })
  const duration = new Histogram({
    name: 'ips_http_request_seconds',
    help: 'From the request’s headers to the end of its answer',
    labelNames: ['route', 'method'],
    buckets: durationBuckets,
    registers: [metrics],
  })
  app.decorateRequest('traceparent', '')
  app.decorateRequest('startedAtMs', 0)
  // Each request gets an object of its own in the first hook.
  app.decorateRequest('event')
  app.addHook('onRequest', (request, reply, done) => {
    beginRequest(request, random)
    reply.header('x-content-type-options', 'nosniff')
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none'
    const method = request.routeOptions.url === undefined ? 'any' : request.method
    const durationMs = performance.now() - request.startedAtMs
    // A client that left before its answer was complete got none, whatever was prepared for it.
    const status = reply.raw.writableFinished ? reply.statusCode : 499
    requests.inc({ route, method, status })
    duration.observe({ route, method }, durationMs / 1000)
    const event = {
      method: request.method,
      route,
      status,
      durationMs: Math.round(durationMs * 10) / 10,
      traceId: traceIdOf(request.traceparent),
      ...request.event,
    }
    if (status >= 500) logger.error(event, 'request.answered')
    else logger.info(event, 'request.answered')
    done()
  })
}
