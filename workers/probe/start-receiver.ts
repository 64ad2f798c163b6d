import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { IpsError } from '../../lib/errors/ips-error.ts'

/** A webhook that arrived. */
export interface ReceivedWebhook {
  /** `webhook-id`. */
  readonly id: string
  readonly type: string
  readonly correlationId: string
  /** Empty for a summary. */
  readonly imageId: string
  readonly data: Readonly<Record<string, unknown>>
  readonly headers: IncomingHttpHeaders
  /** Exactly as it arrived: what the signature covers. */
  readonly body: string
  /** When its last byte had arrived, in ms since the epoch. */
  readonly receivedAt: number
}

/** How a receiver behaves. */
export interface ReceiverOptions {
  /** Port on 127.0.0.1; a free one unless told. */
  readonly port?: number
  /** Throws where the signature is wrong: the webhook is then answered with 401 and not kept. */
  verify?(body: string, headers: Record<string, string>): void
  /** The status of the answer; 204 unless told. Only what is answered with 2xx is kept. */
  answer?(webhook: ReceivedWebhook): number
  onReceived?(webhook: ReceivedWebhook): void
  /** False for a receiver that lives long: `received` stays empty then. */
  readonly keeps?: boolean
}

/** An endpoint for webhooks on this machine, for the probe, the demonstration, tests and benchmarks. */
export interface Receiver {
  readonly url: string
  /** Everything that was accepted, in the order of arrival, duplicates included. */
  readonly received: readonly ReceivedWebhook[]
  /** How many were refused because of their signature. */
  readonly refused: number
  /** Resolves as soon as the condition holds. Rejects after the time-out, with the number received by then. */
  waitFor(
    condition: (received: readonly ReceivedWebhook[]) => boolean,
    timeoutMs: number,
  ): Promise<void>
  close(): Promise<void>
}

/** A record is 10 MiB at most and a third larger as JSON; a batch holds several. */
const maxBodyBytes = 64 * 1024 * 1024

/** Starts a receiver; `received` grows with every webhook, so let one that `keeps` live no longer than a run. */
export async function startReceiver(options: ReceiverOptions = {}): Promise<Receiver> {
  const received: ReceivedWebhook[] = []
  const watchers = new Set<() => void>()
  const state = { refused: 0 }
  const accept = async (request: IncomingMessage): Promise<number> => {
    const body = await readBody(request)
    if (!isVerified(body, request.headers, options)) {
      state.refused += 1
      return 401
    }
    const webhook = readWebhook(body, request.headers)
    const status = options.answer?.(webhook) ?? 204
    if (status >= 200 && status < 300) {
      if (options.keeps ?? true) received.push(webhook)
      options.onReceived?.(webhook)
      for (const watcher of watchers) watcher()
    }
    return status
  }
  const server = createServer((request, response) => {
    accept(request).then(
      (status) => response.writeHead(status).end(),
      (error: unknown) => {
        const isTooLarge = error instanceof IpsError && error.code === 'webhook-too-large'
        response.writeHead(isTooLarge ? 413 : 400, { connection: 'close' }).end()
      },
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`,
    received,
    get refused() {
      return state.refused
    },
    waitFor: (condition, timeoutMs) => waitFor(received, watchers, condition, timeoutMs),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Throws `IpsError('webhook-too-large')` as soon as the body is. */
async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBodyBytes) {
      throw new IpsError('webhook-too-large', `a webhook has more than ${maxBodyBytes} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function isVerified(body: string, headers: IncomingHttpHeaders, options: ReceiverOptions): boolean {
  try {
    options.verify?.(body, headers as Record<string, string>)
    return true
  } catch {
    return false
  }
}

function readWebhook(body: string, headers: IncomingHttpHeaders): ReceivedWebhook {
  const message = JSON.parse(body) as {
    type: string
    correlationId: string
    imageId?: string
    data: Record<string, unknown>
  }
  return {
    id: String(headers['webhook-id']),
    type: message.type,
    correlationId: message.correlationId,
    imageId: message.imageId ?? '',
    data: message.data,
    headers,
    body,
    receivedAt: Date.now(),
  }
}

async function waitFor(
  received: readonly ReceivedWebhook[],
  watchers: Set<() => void>,
  condition: (received: readonly ReceivedWebhook[]) => boolean,
  timeoutMs: number,
): Promise<void> {
  if (condition(received)) return
  const { promise, resolve, reject } = Promise.withResolvers<undefined>()
  const watcher = () => {
    if (condition(received)) resolve(undefined)
  }
  const timer = setTimeout(() => {
    const detail = `after ${timeoutMs} ms only ${received.length} webhooks had been received`
    reject(new IpsError('webhooks-missing', detail))
  }, timeoutMs)
  watchers.add(watcher)
  try {
    await promise
  } finally {
    clearTimeout(timer)
    watchers.delete(watcher)
  }
}
