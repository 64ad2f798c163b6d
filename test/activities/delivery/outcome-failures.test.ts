import { afterEach, describe, expect, test } from '@jest/globals'
import type { AttemptClass } from '../../../activities/delivery/classify-attempt.ts'
import {
  attemptOnce,
  dripping,
  elsewhere,
  expired,
  failed,
  good,
  saying,
  type TestEndpoint,
} from './attempt-once.ts'

/**
 * Every way in which an attempt can end, on a real socket, and what it means: the contract's table, row by row. Here: without an answer.
 */

const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
})

const noName = () => {
  throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' })
}

const failures: [string, TestEndpoint, AttemptClass][] = [
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
  ['headers without a status', { on: dripping('x-more: 1\r\n', 20) }, failed('malformed-answer')],
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
    'a 100 that nobody asked for',
    saying('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
    failed('connection-closed'),
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

describe('an attempt that meets', () => {
  test.each(failures)('%s', async (_name, endpoint, expected) => {
    await expect(attemptOnce(endpoint, closers)).resolves.toEqual(expected)
  })
})
