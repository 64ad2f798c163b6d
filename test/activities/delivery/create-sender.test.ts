import { afterEach, describe, expect, test } from '@jest/globals'
import type { Socket } from 'node:net'
import { createAddressPolicy } from '../../../activities/delivery/create-address-policy.ts'
import { createConnector } from '../../../activities/delivery/create-connector.ts'
import { createSender, type Sender } from '../../../activities/delivery/create-sender.ts'
import { startWebhookSink, type SinkAnswer, type WebhookSink } from '../../support/webhook-sink.ts'
import { answerWith, startRawServer, type RawServer } from './start-raw-server.ts'

const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
})

function createTestSender(url: string, deadlineMs = 15_000): Sender {
  const connector = createConnector(createAddressPolicy(['127.0.0.0/8']))
  const sender = createSender({ connector, origin: new URL(url).origin, deadlineMs })
  closers.push(() => sender.close())
  return sender
}

async function startSink(answer: () => SinkAnswer | Promise<SinkAnswer>): Promise<WebhookSink> {
  const sink = await startWebhookSink(answer)
  closers.push(() => sink.close())
  return sink
}

async function startServer(onConnection: (socket: Socket) => void): Promise<RawServer> {
  const server = await startRawServer(onConnection)
  closers.push(() => server.close())
  return server
}

const urlOf = ({ port }: RawServer) => `http://127.0.0.1:${port}`
const post = (sender: Sender) =>
  sender.post({ path: '/hook', headers: { 'webhook-id': 'one' }, body: Buffer.from('{}') })
const noContent = 'HTTP/1.1 204 No Content\r\n\r\n'

describe('the sender', () => {
  test('uses a connection again, and says where it leads', async () => {
    const sink = await startSink(() => ({ status: 200, body: 'thanks' }))
    const sender = createTestSender(sink.url)
    for (let count = 0; count < 10; count += 1) {
      await expect(post(sender)).resolves.toEqual({ status: 200, address: '127.0.0.1' })
    }
    expect(sink.connections()).toBe(1)
  })

  test('has a connection for each of the requests that are under way', async () => {
    const answer = Promise.withResolvers<SinkAnswer>()
    const sink = await startSink(() => answer.promise)
    const sender = createTestSender(sink.url)
    const posts = Array.from({ length: 70 }, () => post(sender))
    await sink.untilArrived(['one'])
    answer.resolve({ status: 204 })
    await Promise.all(posts)
    expect(sink.connections()).toBe(70)
    await post(sender)
    expect(sink.connections()).toBe(70)
  })

  test('passes on Retry-After, and the first words of an answer that is no success', async () => {
    const body = `Bad\tday\u0000!${'x'.repeat(300)}`
    const sink = await startSink(() => ({ status: 503, headers: { 'retry-after': '60' }, body }))
    await expect(post(createTestSender(sink.url))).resolves.toEqual({
      status: 503,
      retryAfter: '60',
      address: '127.0.0.1',
      answer: `Bad day !${'x'.repeat(256 - 'Bad day !'.length)}`,
    })
  })

  test('gathers the words of an answer that comes in pieces', async () => {
    const server = await startServer((socket) => {
      const head = 'HTTP/1.1 500 Oops\r\ntransfer-encoding: chunked\r\n\r\n'
      socket.write(`${head}4\r\nOut \r\n`)
      setImmediate(() => socket.write('5\r\nof it\r\n0\r\n\r\n'))
    })
    await expect(post(createTestSender(urlOf(server)))).resolves.toMatchObject({
      answer: 'Out of it',
    })
  })

  test('drops the connection of an answer whose body never ends', async () => {
    const dropped = Promise.withResolvers<undefined>()
    const server = await startServer((socket) => {
      socket.write('HTTP/1.1 400 Bad\r\ncontent-length: 1000\r\n\r\nslow')
      socket.on('close', () => dropped.resolve(undefined))
    })
    await expect(post(createTestSender(urlOf(server)))).resolves.toMatchObject({
      status: 400,
      answer: 'slow',
    })
    await dropped.promise
  })

  test('reads no more than 64 KiB of a body', async () => {
    let written = 0
    const server = await startServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
      const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`
      const flood = () => {
        written += 0x4000
        if (!socket.destroyed) socket.write(chunk, () => setImmediate(flood))
      }
      flood()
    })
    await expect(post(createTestSender(urlOf(server)))).resolves.toMatchObject({ status: 200 })
    // The rest was on its way in the buffers of both sides.
    expect(written).toBeLessThan(64 * 1_024 * 1_024)
  })

  test('makes a new connection after one that it has given up', async () => {
    let isFirst = true
    const server = await startServer((socket) => {
      if (!isFirst) answerWith(noContent)(socket)
      isFirst = false
    })
    const sender = createTestSender(urlOf(server), 200)
    await expect(post(sender)).resolves.toEqual({ error: 'timeout', address: '127.0.0.1' })
    await expect(post(sender)).resolves.toMatchObject({ status: 204 })
  })

  test('gives every request its own time', async () => {
    const sink = await startSink(() => new Promise<SinkAnswer>(() => undefined))
    const sender = createTestSender(sink.url, 100)
    const first = post(sender)
    await sink.untilArrived(['one'])
    await expect(Promise.all([first, post(sender)])).resolves.toMatchObject([
      { error: 'timeout' },
      { error: 'timeout' },
    ])
  })

  test('ends what is under way when it is closed', async () => {
    const sink = await startSink(() => new Promise<SinkAnswer>(() => undefined))
    const sender = createTestSender(sink.url)
    const posted = post(sender)
    await sink.untilArrived(['one'])
    await sender.close()
    await expect(posted).resolves.toMatchObject({ error: 'timeout' })
  })
})

describe('a kept connection', () => {
  test('that turns out to be closed costs nothing: the request is sent again, once', async () => {
    const server = await startServer((socket) => {
      let requests = 0
      const isFirst = server.connections() === 1
      socket.on('data', () => {
        requests += 1
        if (isFirst && requests === 2) socket.destroy()
        else socket.write(noContent)
      })
    })
    const sender = createTestSender(urlOf(server))
    await expect(post(sender)).resolves.toMatchObject({ status: 204 })
    await expect(post(sender)).resolves.toMatchObject({ status: 204 })
    expect(server.connections()).toBe(2)
  })

  test('is the only one after which a request is sent again', async () => {
    let requests = 0
    const server = await startServer((socket) => {
      socket.on('data', () => {
        requests += 1
        if (requests > 1) socket.destroy()
        else socket.write(noContent)
      })
    })
    const sender = createTestSender(urlOf(server))
    await expect(post(sender)).resolves.toMatchObject({ status: 204 })
    await expect(post(sender)).resolves.toMatchObject({ error: 'connection-closed' })
    expect(requests).toBe(3)
    await expect(post(sender)).resolves.toMatchObject({ error: 'connection-closed' })
    expect(requests).toBe(4)
  })
})
