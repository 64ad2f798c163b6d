import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'

/** What a process depends on, each `ok` or a sentence that says what is wrong. */
export type Readiness = Readonly<Record<string, string>>

/** A running health server. */
export interface HealthServer {
  readonly port: number
  close(): Promise<void>
}

/** Longer than a request of a health check ever takes; a stalled one must not hold a socket. */
const requestTimeoutMs = 5_000

/**
 * Serves `/health/live` (200 while the process runs), `/health/ready` (200 or 503, with what is wrong) and `/metrics`
 * (Prometheus text). Rejects where the port is taken.
 */
export async function startHealthServer(options: {
  host: string
  port: number
  registry: Registry
  readiness: () => Promise<Readiness> | Readiness
}): Promise<HealthServer> {
  const server = createServer(
    { requestTimeout: requestTimeoutMs, headersTimeout: requestTimeoutMs },
    (request, response) => {
      void answer(request.url ?? '/', options).then(
        ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
        (error: unknown) =>
          response.writeHead(500, { 'content-type': 'text/plain' }).end(String(error)),
      )
    },
  )
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, options.host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(url: string, options: Parameters<typeof startHealthServer>[0]) {
  const json = 'application/json'
  if (url === '/health/live') return { status: 200, type: json, body: '{"status":"ok"}' }
  if (url === '/metrics') {
    return {
      status: 200,
      type: options.registry.contentType,
      body: await options.registry.metrics(),
    }
  }
  if (url !== '/health/ready') return { status: 404, type: json, body: '{"status":"not-found"}' }
  const checks = await options.readiness()
  const ready = Object.values(checks).every((state) => state === 'ok')
  const body = JSON.stringify({ status: ready ? 'ok' : 'unready', checks })
  return { status: ready ? 200 : 503, type: json, body }
}
