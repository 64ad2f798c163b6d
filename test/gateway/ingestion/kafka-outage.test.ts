import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { maxRecordBytes } from '../../../lib/topology.ts'
import { generateImage } from '../../support/generate-image.ts'
import { startTestIngestion, type TestIngestion } from '../../support/ingestion.ts'
import { createTestKafka, type TestKafka } from '../../support/kafka.ts'
import { limitMessages } from '../../support/limit-messages.ts'
import { createTestKeys, issueTestToken, type TestKeys } from '../../support/tokens.ts'
import { until } from '../../support/until.ts'

describe('ingestion without Kafka', () => {
  let kafka: TestKafka
  let keys: TestKeys
  let token: string
  let png: Buffer
  let ingestion: TestIngestion | undefined
  const bootstrap = createBootstrap()

  beforeAll(async () => {
    ;[kafka, keys, png] = await Promise.all([createTestKafka(), createTestKeys(), generateImage(1)])
    token = await issueTestToken(keys, { rights: { 'ingest-1.*': true } })
  })
  afterEach(async () => {
    await ingestion?.stop()
    ingestion = undefined
    await bootstrap.close()
  })
  afterAll(async () => {
    await kafka.drop()
    await keys.remove()
  })

  async function post(bearer: string, path = 'a') {
    const response = await fetch(`${ingestion?.url ?? ''}/ingest/v1/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}` },
      body: new Uint8Array(png),
    })
    const { code } = (await response.json()) as { code?: string }
    return { status: response.status, code, retryAfter: response.headers.get('retry-after') }
  }

  test('starts, refuses with 503 and says why, and works when Kafka is there', async () => {
    const port = await bootstrap.reserve()
    const options = { ...kafka.options, brokers: [`127.0.0.1:${port}`] }
    ingestion = await startTestIngestion({ kafka: options, keys })
    const { readiness } = ingestion
    expect((await readiness())['kafka']).not.toBe('ok')
    expect(await post(token, 'a%20b')).toMatchObject({
      status: 503,
      code: 'kafka-unavailable',
      retryAfter: expect.stringMatching(/^[1-9]\d*$/),
    })
    expect(await post('x')).toMatchObject({ status: 401 })
    await bootstrap.open(port, kafka.options.brokers[0] ?? '')
    await until('Kafka is reached', async () => (await readiness())['kafka'] === 'ok')
    expect(await post(token)).toMatchObject({ status: 200 })
  })

  test('never answers 200 to what Kafka refuses', async () => {
    ingestion = await startTestIngestion({ kafka: kafka.options, keys })
    const { readiness } = ingestion
    await until('Kafka is reached', async () => (await readiness())['kafka'] === 'ok')
    await limitMessages(kafka, 64)
    try {
      await until('a POST is refused', async () => (await post(token)).status === 503)
      expect(await post(token)).toMatchObject({ status: 503, code: 'kafka-unavailable' })
    } finally {
      await limitMessages(kafka, maxRecordBytes)
    }
    await until('a POST is accepted', async () => (await post(token)).status === 200)
  })
})

/** A bootstrap address that nobody serves until it is opened; it then forwards to the real broker. */
function createBootstrap() {
  const sockets = new Set<Socket>()
  let server: Server | undefined
  const listen = (port: number, onSocket: (socket: Socket) => void) =>
    new Promise<number>((resolve) => {
      server = createServer(onSocket)
      const opened = server
      opened.listen(port, '127.0.0.1', () => resolve((opened.address() as AddressInfo).port))
    })
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    const open = server
    server = undefined
    if (open !== undefined) await new Promise((resolve) => open.close(resolve))
  }
  return {
    async reserve() {
      const port = await listen(0, (socket) => socket.destroy())
      await close()
      return port
    },
    async open(port: number, broker: string) {
      const [host = '', brokerPort] = broker.split(':')
      await listen(port, (socket) => {
        const upstream = connect(Number(brokerPort), host)
        for (const each of [socket, upstream]) sockets.add(each.on('error', () => each.destroy()))
        socket.pipe(upstream).pipe(socket)
      })
    },
    close,
  }
}
