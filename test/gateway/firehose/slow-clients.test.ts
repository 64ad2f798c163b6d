import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import {
  createTestFirehose,
  testMessages,
  type TestFirehose,
  type TestMessage,
} from '../../support/firehose.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { until } from '../../support/until.ts'

/** More than the buffers of two sockets of this machine hold. */
const backlogMessages = 512
const messageBytes = 64 * 1024
const backlogBytes = backlogMessages * messageBytes

describe('a client that does not read', () => {
  let firehose: TestFirehose
  let token: string
  const clientId = randomUUID()
  beforeAll(async () => {
    firehose = await createTestFirehose({ FIREHOSE_STALL_TIMEOUT_MS: '1000' })
    token = await firehose.token(clientId)
    const text = 'x'.repeat(messageBytes)
    const all: TestMessage[] = testMessages(backlogMessages, 1, { text })
    for (let at = 0; at < all.length; at += 64)
      await firehose.append(clientId, all.slice(at, at + 64))
  })
  afterAll(() => firehose.stop())

  const valueOf = async (name: string, labels = {}) => {
    const metric = await firehose.metrics.getSingleMetric(name)?.get()
    const value = metric?.values.find((entry) =>
      Object.entries(labels).every(([label, text]) => entry.labels[label] === text),
    )
    return value?.value ?? 0
  }

  /** Runs `act` until the stream that it begins was cut, and checks what that has cost. */
  async function expectStalled(act: () => Promise<() => void>) {
    const [ended, sent] = await Promise.all([
      valueOf('ips_firehose_ended_streams_total', { reason: 'stalled' }),
      valueOf('ips_firehose_sent_bytes_total'),
    ])
    const leave = await act()
    await until(
      'the stream is cut',
      async () =>
        (await valueOf('ips_firehose_ended_streams_total', { reason: 'stalled' })) === ended + 1,
    )
    expect(await valueOf('ips_firehose_open_streams')).toBe(0)
    // Nothing was read for it but what the buffers of the sockets took.
    const taken = (await valueOf('ips_firehose_sent_bytes_total')) - sent
    expect(taken).toBeGreaterThan(0)
    expect(taken).toBeLessThan(backlogBytes * 0.75)
    leave()
  }

  test('is cut after a while, and costs no more than the buffers of its socket', () =>
    expectStalled(async () => {
      const stream = await firehose.open(token)
      return stream.destroy
    }))

  test('is cut too where it takes a byte now and then', () =>
    expectStalled(() => {
      const socket = connect({
        ...{ host: '127.0.0.1', port: firehose.port },
        onread: { buffer: Buffer.alloc(1), callback: () => false },
      })
      socket.on('error', () => undefined)
      socket.write(
        `POST /firehose/v1 HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\n\r\n`,
      )
      const timer = setInterval(() => socket.resume(), 100)
      return Promise.resolve(() => {
        clearInterval(timer)
        socket.destroy()
      })
    }))

  test('is cut when its token is over, though it sends something now and then', async () => {
    const short = await firehose.token(clientId, { lifetimeSeconds: 3 })
    await expectStalled(() => {
      const socket = connect({ host: '127.0.0.1', port: firehose.port })
      socket.on('error', () => undefined)
      socket.pause()
      socket.write(
        `POST /firehose/v1 HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${short}\r\n\r\n`,
      )
      const timer = setInterval(() => socket.write('\r\n'), 100)
      return Promise.resolve(() => {
        clearInterval(timer)
        socket.destroy()
      })
    })
  })

  test('is cut too where it is gone and nobody has said so', async () => {
    const proxy = await startTcpProxy('127.0.0.1', firehose.port)
    await expectStalled(async () => {
      const stream = await firehose.open(token, { port: proxy.port })
      await stream.next()
      proxy.freeze()
      stream.destroy()
      return () => undefined
    })
    await proxy.close()
  })

  test('is served to the end where it is slow and steady', async () => {
    const stream = await firehose.open(token)
    const taken = []
    while (taken.length < backlogMessages) {
      taken.push(...(await stream.messages(20)))
      await setTimeout(150)
    }
    expect(taken.map(({ id }) => id)).toEqual(testMessages(backlogMessages).map(({ id }) => id))
    stream.destroy()
  })
})
