import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { until } from './until.ts'

/** A webhook as it arrived. */
export interface ReceivedWebhook {
  readonly id: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** What an endpoint answers. */
export interface SinkAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A client's endpoint that keeps what it gets. */
export interface WebhookSink {
  readonly url: string
  /** In the order of their arrival, copies included. */
  readonly received: readonly ReceivedWebhook[]
  /** How many connections were opened. */
  connections(): number
  /** The different ids that arrived. */
  ids(): Set<string>
  /** Resolves when all of these have arrived. */
  untilArrived(ids: readonly string[], timeoutMs?: number): Promise<void>
  close(): Promise<void>
}

/** Starts an endpoint on a free port; it answers 204 unless `answer` says otherwise. */
export async function startWebhookSink(
  answer: (webhook: ReceivedWebhook) => SinkAnswer | Promise<SinkAnswer> = () => ({ status: 204 }),
): Promise<WebhookSink> {
  const received: ReceivedWebhook[] = []
  let connections = 0
  const server = createServer((request, response) => {
    void text(request).then(
      async (body) => {
        const { headers, url: path = '/' } = request
        const webhook = { id: String(headers['webhook-id']), path, headers, body }
        received.push(webhook)
        const { status, headers: answered, body: answerBody } = await answer(webhook)
        response.writeHead(status, answered).end(answerBody)
      },
      () => response.destroy(),
    )
  })
  server.on('connection', () => (connections += 1))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const ids = () => new Set(received.map(({ id }) => id))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    connections: () => connections,
    ids,
    async untilArrived(expected, timeoutMs) {
      const hasAll = () => {
        const arrived = ids()
        return expected.every((id) => arrived.has(id))
      }
      await until(`${expected.length} webhooks`, hasAll, timeoutMs)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
