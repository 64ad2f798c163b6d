import { afterEach, describe, expect, test } from '@jest/globals'
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
import { answerWith, startRawServer } from './start-raw-server.ts'

/**
 * Every way in which an attempt can end, on a real socket, and what it means: the whole table of the contract, row by row.
 */

const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
})

const hooks = 'hooks.example'
const yearMs = 365 * 24 * 60 * 60 * 1_000
const good = createTestCertificate(hooks)
const expired = createTestCertificate(hooks, Date.now() - yearMs / 2)
const elsewhere = createTestCertificate('elsewhere.example')
const trusted = [good.cert, expired.cert, elsewhere.cert]

interface Endpoint {
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

/** POSTs once to an endpoint that behaves as described. */
async function attempt(endpoint: Endpoint): Promise<AttemptClass> {
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

const answering = (status: number | string, headers = ''): Endpoint => ({
  on: answerWith(`HTTP/1.1 ${status} Whatever\r\n${headers}content-length: 0\r\n\r\n`),
})
/** Says something as soon as there is a connection. */
const saying = (text: string): Endpoint => ({ on: (socket) => void socket.write(text) })
const dripping = (text: string, intervalMs: number) => (socket: Socket) => {
  const drip = setInterval(() => socket.write(text), intervalMs)
  socket.on('close', () => clearInterval(drip))
}

const delivered = (status: number) => ({ kind: 'delivered', status }) as const
const refused = (status: number) =>
  ({ kind: 'message-trouble', status, error: `status-${status}` }) as const
const troubled = (status: number, retryAfterMs?: number) => ({
  kind: 'endpoint-trouble' as const,
  status,
  error: `status-${status}`,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
})
const failed = (error: string) => ({ kind: 'endpoint-trouble', error }) as const
const day = 24 * 60 * 60 * 1_000
const noName = () => {
  throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
}

const statuses: [string, Endpoint, AttemptClass][] = [
  ['200', answering(200), delivered(200)],
  ['201', answering(201), delivered(201)],
  ['202', answering(202), delivered(202)],
  ['204', { on: answerWith('HTTP/1.1 204 No Content\r\n\r\n') }, delivered(204)],
  ['299', answering(299), delivered(299)],
  ...[300, 301, 302, 303, 304, 307, 308].map((status): [string, Endpoint, AttemptClass] => [
    `${status}, which is never followed`,
    answering(status, 'location: http://127.0.0.1:1/\r\n'),
    refused(status),
  ]),
  ...[400, 401, 403, 404, 405, 406, 409, 411, 413, 415, 422, 426, 451, 499].map(
    (status): [string, Endpoint, AttemptClass] => [
      String(status),
      answering(status),
      refused(status),
    ],
  ),
  ['408', answering(408, 'retry-after: 7\r\n'), troubled(408)],
  ['425', answering(425), troubled(425)],
  ['410', answering(410), { kind: 'gone', status: 410, error: 'status-410' }],
  ['429', answering(429), troubled(429)],
  ['429 for some seconds', answering(429, 'retry-after: 7\r\n'), troubled(429, 7_000)],
  ['503 for some seconds', answering(503, 'Retry-After: 120\r\n'), troubled(503, 120_000)],
  ['503 for longer than a day', answering(503, 'retry-after: 99999999\r\n'), troubled(503, day)],
  [
    '503 until a date far away',
    answering(503, 'retry-after: Fri, 31 Dec 2100 23:59:59 GMT\r\n'),
    troubled(503, day),
  ],
  [
    '503 until a date that is over',
    answering(503, 'retry-after: Fri, 31 Dec 1999 23:59:59 GMT\r\n'),
    troubled(503, 0),
  ],
  ['503 with a wish that is none', answering(503, 'retry-after: soon\r\n'), troubled(503)],
  ...[500, 501, 502, 504, 599].map((status): [string, Endpoint, AttemptClass] => [
    String(status),
    answering(status),
    troubled(status),
  ]),
]

const oddAnswers: [string, Endpoint, AttemptClass][] = [
  ['HTTP/1.0', { on: answerWith('HTTP/1.0 200 OK\r\n\r\n') }, delivered(200)],
  ['a connection that is closed after it', answering(200, 'connection: close\r\n'), delivered(200)],
  [
    'a body that ends with the connection',
    { on: (socket) => void socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nfine')) },
    delivered(200),
  ],
  [
    'an interim answer first',
    saying('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
    delivered(200),
  ],
  [
    'an interim 102 and then nothing',
    { ...saying('HTTP/1.1 102 Processing\r\n\r\n'), deadlineMs: 200 },
    failed('timeout'),
  ],
  [
    'another protocol, which nobody asked for',
    saying('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n'),
    failed('connection-closed'),
  ],
  [
    'a success before the request was read',
    {
      body: 'x'.repeat(8 * 1_024 * 1_024),
      on(socket) {
        socket.pause()
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
      },
    },
    delivered(200),
  ],
  [
    'a refusal before the request was read',
    {
      body: 'x'.repeat(8 * 1_024 * 1_024),
      on(socket) {
        socket.pause()
        socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
      },
    },
    refused(413),
  ],
  [
    'a body that never ends',
    {
      on: (socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n')
        dripping('x', 20)(socket)
      },
    },
    delivered(200),
  ],
  [
    'a body that is cut off',
    {
      on: (socket) =>
        void socket.once('data', () =>
          socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nfine'),
        ),
    },
    delivered(200),
  ],
  [
    'a body that is cut off by a reset',
    {
      on: (socket) =>
        void socket.once('data', () =>
          socket.write('HTTP/1.1 500 Oops\r\ncontent-length: 1000\r\n\r\nfine', () =>
            socket.resetAndDestroy(),
          ),
        ),
    },
    troubled(500),
  ],
  [
    'a body whose chunks are malformed',
    { on: answerWith('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n') },
    delivered(200),
  ],
]

const failures: [string, Endpoint, AttemptClass][] = [
  ['nobody listens', { isClosed: true }, failed('ECONNREFUSED')],
  ['a name that does not exist', { resolve: noName }, failed('ENOTFOUND')],
  ['a name without an address', { resolve: () => [] }, failed('address-missing')],
  [
    'a name at a private address',
    { resolve: () => [{ address: '10.0.0.1', family: 4 }] },
    failed('address-denied'),
  ],
  [
    'a reset before the request',
    { on: (socket) => void socket.resetAndDestroy() },
    failed('ECONNRESET'),
  ],
  [
    'a reset during the request',
    {
      body: 'x'.repeat(8 * 1_024 * 1_024),
      on: (socket) => void socket.once('data', () => socket.resetAndDestroy()),
    },
    failed('ECONNRESET'),
  ],
  [
    'a reset after the request',
    { on: (socket) => void socket.once('data', () => socket.resetAndDestroy()) },
    failed('ECONNRESET'),
  ],
  [
    'an end after the request',
    { on: (socket) => void socket.once('data', () => socket.end()) },
    failed('connection-closed'),
  ],
  [
    'a reset in the headers',
    {
      on: (socket) =>
        void socket.once('data', () =>
          socket.write('HTTP/1.1 200 OK\r\nx-a: ', () => socket.resetAndDestroy()),
        ),
    },
    failed('ECONNRESET'),
  ],
  [
    'an end in the headers',
    { on: (socket) => void socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nx-a: ')) },
    failed('connection-closed'),
  ],
  ['no answer in time', { deadlineMs: 200 }, failed('timeout')],
  [
    'headers that never end',
    { on: dripping('x-more: 1\r\n', 20), ...{ deadlineMs: 200 } },
    failed('malformed-answer'),
  ],
  [
    'headers that drip',
    {
      on: (socket) => {
        socket.write('HTTP/1.1 200 OK\r\n')
        dripping('x-more: 1\r\n', 20)(socket)
      },
      deadlineMs: 200,
    },
    failed('timeout'),
  ],
  [
    'headers that are too large',
    saying(`HTTP/1.1 200 OK\r\n${`x-more: ${'y'.repeat(1_000)}\r\n`.repeat(20)}\r\n`),
    failed('headers-too-large'),
  ],
  ['what is no HTTP', saying('garbage\r\n\r\n'), failed('malformed-answer')],
  ['a status that is none', saying('HTTP/1.1 2x0 OK\r\n\r\n'), failed('malformed-answer')],
  [
    'two lengths',
    saying('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n'),
    failed('malformed-answer'),
  ],
  [
    'a certificate that nobody vouches for',
    { certificate: good, trusted: [elsewhere.cert] },
    failed('DEPTH_ZERO_SELF_SIGNED_CERT'),
  ],
  [
    'a certificate of another host',
    { certificate: elsewhere },
    failed('ERR_TLS_CERT_ALTNAME_INVALID'),
  ],
  ['a certificate that is over', { certificate: expired }, failed('CERT_HAS_EXPIRED')],
  [
    'no TLS where it is expected',
    { ...saying('HTTP/1.1 200 OK\r\n\r\n'), scheme: 'https' },
    failed('ERR_SSL_WRONG_VERSION_NUMBER'),
  ],
  [
    'a handshake that never ends',
    { scheme: 'https', connectTimeoutMs: 200 },
    failed('connect-timeout'),
  ],
]

describe('an attempt whose endpoint answers', () => {
  test.each(statuses)('%s', async (_name, endpoint, expected) => {
    await expect(attempt(endpoint)).resolves.toEqual(expected)
  })

  test('over TLS that is in order', async () => {
    const endpoint = { ...answering(200), certificate: good }
    await expect(attempt(endpoint)).resolves.toEqual(delivered(200))
  })

  test('503 until a date', async () => {
    const date = new Date(Date.now() + 3_600_000).toUTCString()
    const outcome = await attempt(answering(503, `retry-after: ${date}\r\n`))
    expect(outcome).toMatchObject({ kind: 'endpoint-trouble', status: 503 })
    const { retryAfterMs = 0 } = outcome as { retryAfterMs?: number }
    expect(retryAfterMs).toBeLessThanOrEqual(3_600_000)
    expect(retryAfterMs).toBeGreaterThan(3_600_000 - 60_000)
  })
})

describe('an attempt whose endpoint answers with', () => {
  test.each(oddAnswers)('%s', async (_name, endpoint, expected) => {
    await expect(attempt(endpoint)).resolves.toEqual(expected)
  })
})

describe('an attempt that meets', () => {
  test.each(failures)('%s', async (_name, endpoint, expected) => {
    await expect(attempt(endpoint)).resolves.toEqual(expected)
  })
})
