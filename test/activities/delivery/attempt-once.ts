import type { LookupAddress } from 'node:dns'
import type { Socket } from 'node:net'
import {
  classifyAttempt,
  type AttemptClass,
} from '../../../activities/delivery/classify-attempt.ts'
import { createAddressPolicy } from '../../../activities/delivery/create-address-policy.ts'
import { createConnector } from '../../../activities/delivery/create-connector.ts'
import { createSender } from '../../../activities/delivery/create-sender.ts'
import { createTestCertificate } from '../../support/certificate.ts'
import { startRawServer } from './start-raw-server.ts'

const hooks = 'hooks.example'
const yearMs = 365 * 24 * 60 * 60 * 1_000
export const good = createTestCertificate(hooks)
export const expired = createTestCertificate(hooks, Date.now() - yearMs / 2)
export const elsewhere = createTestCertificate('elsewhere.example')
const trusted = [good.cert, expired.cert, elsewhere.cert]

/** An endpoint as a row of the table describes it. */
export interface TestEndpoint {
  /** What the server does with a connection. */
  readonly on?: (socket: Socket) => void
  readonly certificate?: { readonly key: string; readonly cert: string }
  readonly scheme?: 'http' | 'https'
  readonly trusted?: readonly string[]
  /** Where the name is. */
  readonly resolve?: () => LookupAddress[]
  /** Where nobody listens. */
  readonly isClosed?: boolean
  readonly body?: string
  readonly deadlineMs?: number
  readonly connectTimeoutMs?: number
}

/** POSTs once to an endpoint that behaves as described, and says what its answer means. `closers` end what was started. */
export async function attemptOnce(
  endpoint: TestEndpoint,
  closers: (() => Promise<unknown>)[],
): Promise<AttemptClass> {
  const { on = () => undefined, certificate, resolve, isClosed = false, body = '{}' } = endpoint
  const server = await startRawServer(on, certificate)
  if (isClosed) await server.close()
  else closers.push(() => server.close())
  const { connectTimeoutMs, deadlineMs } = endpoint
  const connector = createConnector(createAddressPolicy(['127.0.0.0/8']), {
    resolveName(_hostname, callback) {
      try {
        callback(null, resolve === undefined ? [{ address: '127.0.0.1', family: 4 }] : resolve())
      } catch (error) {
        callback(error as Error, undefined)
      }
    },
    trusted: endpoint.trusted ?? trusted,
    ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
  })
  const scheme = endpoint.scheme ?? (certificate === undefined ? 'http' : 'https')
  const sender = createSender({
    origin: `${scheme}://${hooks}:${server.port}`,
    connector,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  })
  closers.push(() => sender.close())
  const result = await sender.post({
    path: '/hook',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(body),
  })
  return classifyAttempt(result, Date.now())
}

/** Says something as soon as there is a connection. */
export const saying = (text: string): TestEndpoint => ({ on: (socket) => void socket.write(text) })
/** Says something again and again. */
export const dripping = (text: string, intervalMs: number) => (socket: Socket) => {
  const drip = setInterval(() => socket.write(text), intervalMs)
  socket.on('close', () => clearInterval(drip))
}

/** What attempts may mean. */
export const delivered = (status: number) => ({ kind: 'delivered', status }) as const
export const refused = (status: number) =>
  ({ kind: 'message-trouble', status, error: `status-${status}` }) as const
export const troubled = (status: number, retryAfterMs?: number) => ({
  kind: 'endpoint-trouble' as const,
  status,
  error: `status-${status}`,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
})
export const failed = (error: string) => ({ kind: 'endpoint-trouble', error }) as const
