import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { connect, type Socket } from 'node:net'
import { generateImage } from '../../support/generate-image.ts'
import { startTestIngestion, type TestIngestion } from '../../support/ingestion.ts'
import { createTestKafka, type TestKafka } from '../../support/kafka.ts'
import { createTestKeys, issueTestToken, type TestKeys } from '../../support/tokens.ts'
import { until } from '../../support/until.ts'

const mebibyte = 1024 * 1024
const rights = { 'ingest-1.*': true }

describe('bytes in flight', () => {
  let kafka: TestKafka
  let keys: TestKeys
  let ingestion: TestIngestion
  const sockets: Socket[] = []

  beforeAll(async () => {
    ;[kafka, keys] = await Promise.all([createTestKafka(), createTestKeys()])
    ingestion = await startTestIngestion({
      kafka: kafka.options,
      keys,
      environment: {
        INGEST_MAX_BYTES_IN_FLIGHT: String(64 * mebibyte),
        INGEST_PACE_WINDOW_MS: '60000',
      },
    })
    await until('ingestion is ready', async () => (await ingestion.readiness())['kafka'] === 'ok')
  })
  afterAll(async () => {
    for (const socket of sockets) socket.destroy()
    await ingestion.stop()
    await kafka.drop()
    await keys.remove()
  })

  /** Starts an upload of 8 MiB without a declared size, and lets it stall before its end. */
  function stall(token: string, bytes: number): { answer: () => string } {
    const socket = connect(ingestion.port, '127.0.0.1')
    sockets.push(socket)
    let answer = ''
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')))
    // Cut by the server, as it may be.
    socket.on('error', () => undefined)
    socket.write(
      `POST /ingest/v1/a HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\ntransfer-encoding: chunked\r\n\r\n`,
    )
    socket.write(`${bytes.toString(16)}\r\n`)
    socket.write(Buffer.alloc(bytes))
    return { answer: () => answer }
  }

  test('are bounded for one client, and its stalled uploads cost others nothing', async () => {
    const greedy = await issueTestToken(keys, { clientId: 'greedy', rights })
    const uploads = Array.from({ length: 6 }, () => stall(greedy, 7 * mebibyte))
    await until('one upload is refused for its bytes', () =>
      uploads.some(({ answer }) => answer().includes('"code":"overloaded"')),
    )
    expect(uploads.some(({ answer }) => /HTTP\/1.1 503[^]*retry-after: \d/i.test(answer()))).toBe(
      true,
    )
    const modest = await issueTestToken(keys, { clientId: 'modest', rights })
    const response = await fetch(`${ingestion.url}/ingest/v1/a`, {
      method: 'POST',
      headers: { authorization: `Bearer ${modest}` },
      body: new Uint8Array(await generateImage(1)),
    })
    expect(response.status).toBe(200)
  })
})
