import { afterEach, describe, expect, test } from '@jest/globals'
import type { AttemptClass } from '../../../activities/delivery/classify-attempt.ts'
import {
  attemptOnce,
  delivered,
  dripping,
  failed,
  good,
  refused,
  saying,
  troubled,
  type TestEndpoint,
} from './attempt-once.ts'
import { answerWith } from './start-raw-server.ts'

/**
 * Every way in which an attempt can end, on a real socket, and what it means: the contract's table, row by row. Here: with an answer.
 */

const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
})

const answering = (status: number | string, headers = ''): TestEndpoint => ({
  on: answerWith(`HTTP/1.1 ${status} Whatever\r\n${headers}content-length: 0\r\n\r\n`),
})
const day = 24 * 60 * 60 * 1_000
const statuses: [string, TestEndpoint, AttemptClass][] = [
  ['200', answering(200), delivered(200)],
  ['201', answering(201), delivered(201)],
  ['202', answering(202), delivered(202)],
  ['204', { on: answerWith('HTTP/1.1 204 No Content\r\n\r\n') }, delivered(204)],
  ['299', answering(299), delivered(299)],
  ...[300, 301, 302, 303, 304, 307, 308].map((status): [string, TestEndpoint, AttemptClass] => [
    `${status}, which is never followed`,
    answering(status, 'location: http://127.0.0.1:1/\r\n'),
    refused(status),
  ]),
  ...[400, 401, 403, 404, 405, 406, 409, 411, 413, 415, 422, 426, 451, 499].map(
    (status): [string, TestEndpoint, AttemptClass] => [
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
  ...[500, 501, 502, 504, 599].map((status): [string, TestEndpoint, AttemptClass] => [
    String(status),
    answering(status),
    troubled(status),
  ]),
]

const oddAnswers: [string, TestEndpoint, AttemptClass][] = [
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

describe('an attempt whose endpoint answers', () => {
  test.each(statuses)('%s', async (_name, endpoint, expected) => {
    await expect(attemptOnce(endpoint, closers)).resolves.toEqual(expected)
  })

  test('over TLS that is in order', async () => {
    const endpoint = { ...answering(200), certificate: good }
    await expect(attemptOnce(endpoint, closers)).resolves.toEqual(delivered(200))
  })

  test('503 until a date', async () => {
    const date = new Date(Date.now() + 3_600_000).toUTCString()
    const outcome = await attemptOnce(answering(503, `retry-after: ${date}\r\n`), closers)
    expect(outcome).toMatchObject({ kind: 'endpoint-trouble', status: 503 })
    const { retryAfterMs = 0 } = outcome as { retryAfterMs?: number }
    expect(retryAfterMs).toBeLessThanOrEqual(3_600_000)
    expect(retryAfterMs).toBeGreaterThan(3_600_000 - 60_000)
  })
})

describe('an attempt whose endpoint answers with', () => {
  test.each(oddAnswers)('%s', async (_name, endpoint, expected) => {
    await expect(attemptOnce(endpoint, closers)).resolves.toEqual(expected)
  })
})
