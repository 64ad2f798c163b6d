import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Socket } from 'node:net'
import { continueTrace, traceIdOf } from '../lib/telemetry/trace-context.ts'
import type { App } from './app.ts'
import { problemDocument, problemMediaType, type Problem } from './problem.ts'
import { refuseBody } from './refuse-body.ts'
import { shellProblem, toProblem } from './shell-problems.ts'

/** Answers every error and every unknown address with a problem document. Call before routes are added. */
export function handleErrors(app: App): void {
  const methods = collectMethods(app)
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply))
  app.setNotFoundHandler((request, reply) => {
    const allowed = methods(request.url)
    if (allowed.length === 0) {
      return sendProblem(shellProblem('not-found', 'no such address'), request, reply)
    }
    const detail = `${request.method} is not among ${allowed.join(', ')}`
    const headers = { allow: allowed.join(', ') }
    return sendProblem(shellProblem('method-not-allowed', detail, { headers }), request, reply)
  })
}

/** Answers with the problem that an error is. */
export function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const problem = toProblem(error)
  request.event['code'] = problem.code
  refuseBody(request.raw, reply.raw, problem.status)
  if (problem.status >= 500) request.event['error'] = problem.cause ?? problem
  return reply
    .code(problem.status)
    .headers(problem.headers)
    .header('cache-control', 'no-store')
    .type(problemMediaType)
    .serializer(JSON.stringify)
    .send(problemDocument(problem, traceIdOf(request.traceparent)))
}

/**
 * Answers what is no request at all: the parser gave up, or it did not arrive in time. The connection is then closed.
 * Only errors of the protocol are answered; a connection that was reset has nobody to answer to.
 */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const translated = toProblem(error)
  const problem =
    translated.status < 500
      ? translated
      : shellProblem('request-malformed', 'the request is not valid HTTP/1.1')
  socket.end(rawResponse(problem), () => socket.destroy())
}

function rawResponse(problem: Problem): string {
  const body = JSON.stringify(problemDocument(problem, traceIdOf(continueTrace(undefined))))
  return [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    `content-type: ${problemMediaType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'cache-control: no-store',
    'connection: close',
    '',
    body,
  ].join('\r\n')
}

/** Follows which methods each route has, so that a known address with another method is told from an unknown one. */
function collectMethods(app: App): (url: string) => string[] {
  const routes = new Map<string, { pattern: RegExp; methods: Set<string> }>()
  app.addHook('onRoute', ({ url, method }) => {
    const route = routes.get(url) ?? { pattern: toPattern(url), methods: new Set<string>() }
    for (const name of [method].flat()) route.methods.add(name)
    routes.set(url, route)
  })
  return (url) => {
    const path = url.split('?', 1)[0] ?? ''
    return [...routes.values()]
      .filter(({ pattern }) => pattern.test(path))
      .flatMap(({ methods }) => [...methods])
  }
}

function toPattern(url: string): RegExp {
  const source = url
    .replace(/[.+^$()[\]\\{}|?]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/:[A-Za-z]+/g, '[^/]+')
  return new RegExp(`^${source}$`)
}
