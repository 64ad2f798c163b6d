import { afterEach, describe, expect, test } from '@jest/globals'
import { createServer as createHttpsServer } from 'node:https'
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net'
import { createAddressPolicy } from '../../../activities/delivery/create-address-policy.ts'
import { createConnector } from '../../../activities/delivery/create-connector.ts'
import { createSender, type Sender } from '../../../activities/delivery/create-sender.ts'
import { createTestCertificate } from '../../support/certificate.ts'
import { startWebhookSink, type SinkAnswer, type WebhookSink } from '../../support/webhook-sink.ts'

const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
})

function createTestSender(deadlineMs?: number): Sender {
  const connector = createConnector(createAddressPolicy(['127.0.0.0/8']))
  const sender = createSender({ connector, ...(deadlineMs === undefined ? {} : { deadlineMs }) })
  closers.push(() => sender.close())
  return sender
}

async function startSink(answer: () => SinkAnswer | Promise<SinkAnswer>): Promise<WebhookSink> {
  const sink = await startWebhookSink(answer)
  closers.push(() => sink.close())
  return sink
}

/** A server that speaks by itself. */
async function startRawServer(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server: Server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    // Only a socket that is read notices its end.
    socket.resume()
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(async () => {
    sockets.forEach((socket) => socket.destroy())
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function post(sender: Sender, origin: string) {
  return sender.post({
    origin: new URL(origin).origin,
    path: '/hook',
    headers: { 'webhook-id': 'one' },
    body: '{}',
  })
}

describe('the sender', () => {
  test('uses a connection again', async () => {
    const sink = await startSink(() => ({ status: 200, body: 'thanks' }))
    const sender = createTestSender()
    for (let count = 0; count < 10; count += 1) {
      await expect(post(sender, sink.url)).resolves.toMatchObject({ status: 200 })
    }
    // A request that follows at once may find the connection still busy with the end of the last one.
    expect(sink.connections()).toBeLessThanOrEqual(2)
  })

  test('does not follow a redirect', async () => {
    const sink = await startSink(() => ({ status: 307, headers: { location: '/elsewhere' } }))
    await expect(post(createTestSender(), sink.url)).resolves.toMatchObject({ status: 307 })
    expect(sink.received).toHaveLength(1)
  })

  test('passes Retry-After on', async () => {
    const sink = await startSink(() => ({ status: 503, headers: { 'retry-after': '60' } }))
    await expect(post(createTestSender(), sink.url)).resolves.toEqual({
      status: 503,
      retryAfter: '60',
    })
  })

  test.each([102, 103])('waits for the answer that follows an interim %d', async (interim) => {
    const origin = await startRawServer((socket) => {
      socket.write(`HTTP/1.1 ${interim} Soon\r\nlink: </style>\r\n\r\n`)
      setImmediate(() => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'))
    })
    await expect(post(createTestSender(), origin)).resolves.toMatchObject({ status: 200 })
  })

  test('gives up within the deadline where only interim answers come', async () => {
    const origin = await startRawServer((socket) =>
      socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'),
    )
    await expect(post(createTestSender(100), origin)).resolves.toEqual({ error: 'timeout' })
  })

  test('gives up when no answer comes within the deadline', async () => {
    const origin = await startRawServer(() => undefined)
    await expect(post(createTestSender(100), origin)).resolves.toEqual({ error: 'timeout' })
  })

  test('gives up on headers that never end', async () => {
    const origin = await startRawServer((socket) => {
      const drip = setInterval(() => socket.write('x-more: 1\r\n'), 20)
      socket.write('HTTP/1.1 200 OK\r\n')
      socket.on('close', () => clearInterval(drip))
    })
    await expect(post(createTestSender(200), origin)).resolves.toEqual({ error: 'timeout' })
  })

  test('takes the status of an answer whose body never ends, and drops its connection', async () => {
    const dropped = Promise.withResolvers<undefined>()
    const origin = await startRawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nslow')
      socket.on('close', () => dropped.resolve(undefined))
    })
    await expect(post(createTestSender(), origin)).resolves.toMatchObject({ status: 200 })
    await dropped.promise
  })

  test('reads no more than 64 KiB of a body', async () => {
    let written = 0
    const origin = await startRawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
      const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
      const flood = () => {
        written += 0x4000
        if (!socket.destroyed) socket.write(chunk, () => setImmediate(flood))
      }
      flood()
    })
    await expect(post(createTestSender(), origin)).resolves.toMatchObject({ status: 200 })
    // The rest was on its way in the buffers of both sides.
    expect(written).toBeLessThan(64 * 1_024 * 1_024)
  })

  test('sends again, once, where a kept connection turns out to be closed', async () => {
    let connections = 0
    const origin = await startRawServer((socket) => {
      connections += 1
      let requests = 0
      const isFirst = connections === 1
      socket.on('data', () => {
        requests += 1
        if (isFirst && requests === 2) socket.destroy()
        else socket.write('HTTP/1.1 204 No Content\r\n\r\n')
      })
    })
    const sender = createTestSender()
    await expect(post(sender, origin)).resolves.toMatchObject({ status: 204 })
    await expect(post(sender, origin)).resolves.toMatchObject({ status: 204 })
    expect(connections).toBe(2)
  })

  test.each([
    ['http://127.0.0.1:1', 'ECONNREFUSED'],
    ['http://10.0.0.1', 'address-denied'],
  ])('answers an error of %s with %s', async (origin, error) => {
    await expect(post(createTestSender(), origin)).resolves.toEqual({ error })
  })

  test('answers garbage with an error', async () => {
    const origin = await startRawServer((socket) => socket.end('garbage\r\n\r\n'))
    await expect(post(createTestSender(), origin)).resolves.toEqual({
      error: expect.any(String) as unknown,
    })
  })

  test('refuses a certificate that nobody vouches for', async () => {
    const server = createHttpsServer(createTestCertificate(), (_request, response) =>
      response.end(),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closers.push(() => new Promise((resolve) => server.close(resolve)))
    const { port } = server.address() as AddressInfo
    await expect(post(createTestSender(), `https://127.0.0.1:${port}`)).resolves.toEqual({
      error: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    })
  })
})
