import { afterEach, describe, expect, test } from '@jest/globals'
import { createAddressPolicy } from '../../../activities/delivery/create-address-policy.ts'
import { createConnector } from '../../../activities/delivery/create-connector.ts'
import { createSender } from '../../../activities/delivery/create-sender.ts'
import { createTestCertificate } from '../../support/certificate.ts'
import { startWebhookSink } from '../../support/webhook-sink.ts'
import { answerWith, startRawServer } from './start-raw-server.ts'

const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
})

const hooks = 'hooks.example'
const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'

/** A sender to a host that is at 127.0.0.1, whatever its name. */
function createTestSender(origin: string, trusted: readonly string[] = []) {
  const connector = createConnector(createAddressPolicy(['127.0.0.1/32']), {
    trusted,
    resolveName: (_hostname, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]),
  })
  const sender = createSender({ origin, connector })
  closers.push(() => sender.close())
  return () => sender.post({ path: '/', headers: {}, body: Buffer.from('{}') })
}

describe('TLS to an address that was looked up before', () => {
  test('names the host to the server, and verifies its certificate by that name', async () => {
    const certificate = createTestCertificate(hooks)
    const names: unknown[] = []
    const server = await startRawServer((socket) => {
      names.push('servername' in socket && socket.servername)
      answerWith(ok)(socket)
    }, certificate)
    closers.push(() => server.close())
    const post = createTestSender(`https://${hooks}:${server.port}`, [certificate.cert])
    await expect(post()).resolves.toEqual({ status: 200, address: '127.0.0.1' })
    expect(names).toEqual([hooks])
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'by %s never takes a session over whose certificate was of another host',
    async (version) => {
      const certificate = createTestCertificate('elsewhere.example')
      const server = await startRawServer(answerWith(ok), {
        ...certificate,
        minVersion: version,
        maxVersion: version,
      })
      closers.push(() => server.close())
      const post = createTestSender(`https://${hooks}:${server.port}`, [certificate.cert])
      for (let count = 0; count < 3; count += 1) {
        await expect(post()).resolves.toEqual({ error: 'ERR_TLS_CERT_ALTNAME_INVALID' })
      }
    },
  )
})

describe('a request', () => {
  test('is not sent on to where a redirect leads', async () => {
    const inner = await startWebhookSink()
    closers.push(() => inner.close())
    const outer = await startWebhookSink(() => ({
      status: 307,
      headers: { location: inner.url },
    }))
    closers.push(() => outer.close())
    const post = createTestSender(new URL(outer.url).origin)
    await expect(post()).resolves.toMatchObject({ status: 307 })
    expect(outer.received).toHaveLength(1)
    expect(inner.connections()).toBe(0)
  })

  test('goes to no proxy of the environment', async () => {
    const proxy = await startWebhookSink()
    closers.push(() => proxy.close())
    const sink = await startWebhookSink()
    closers.push(() => sink.close())
    const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'NODE_USE_ENV_PROXY']
    const before = names.map((name) => process.env[name])
    for (const name of names) process.env[name] = new URL(proxy.url).origin
    try {
      await createTestSender(new URL(sink.url).origin)()
    } finally {
      for (const [index, name] of names.entries()) {
        const value = before[index]
        if (value === undefined) Reflect.deleteProperty(process.env, name)
        else process.env[name] = value
      }
    }
    expect(sink.received).toHaveLength(1)
    expect(proxy.connections()).toBe(0)
  })
})
