import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { createTestFirehose, testMessages, type TestFirehose } from '../../support/firehose.ts'
import { rawRequest } from '../../support/raw-request.ts'
import { until } from '../../support/until.ts'

describe('POST /firehose/v1', () => {
  let firehose: TestFirehose
  beforeAll(async () => (firehose = await createTestFirehose()))
  afterAll(() => firehose.stop())

  /** A client with messages `m1` to `m{count}`. */
  async function createClient(count = 0) {
    const clientId = randomUUID()
    if (count > 0) await firehose.append(clientId, testMessages(count))
    return { clientId, token: await firehose.token(clientId) }
  }

  test('streams what is kept, each message with its offset, and then what comes', async () => {
    const { clientId, token } = await createClient(3)
    const stream = await firehose.open(token)
    expect(stream.status).toBe(200)
    expect(stream.response.headers).toMatchObject({
      'content-type': 'application/x-ndjson',
      'transfer-encoding': 'chunked',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    expect(await stream.next()).toEqual({ messages: [], lastOffset: '0' })
    const line = await stream.next()
    expect(line?.lastOffset).toBe('3')
    expect(line?.messages[0]).toEqual({
      offset: '1',
      id: 'm1',
      type: 'ocr.v1m0.RecognizedText',
      timestamp: '2026-11-24T06:00:00.123Z',
      correlationId: 'case',
      imageId: 'f'.repeat(32),
      data: {
        '@type': 'type.googleapis.com/com.reactivearchitecturecookbook.ocr.v1m0.RecognizedText',
        text: 'text',
      },
    })
    expect(line?.messages.map(({ offset, id }) => [offset, id])).toEqual([
      ['1', 'm1'],
      ['2', 'm2'],
      ['3', 'm3'],
    ])
    await firehose.append(clientId, testMessages(2, 4))
    expect(await stream.messages(2)).toMatchObject([
      { offset: '4', id: 'm4' },
      { offset: '5', id: 'm5' },
    ])
    stream.destroy()
  })

  test.each([
    ['a string', '3'],
    ['a number', 3],
  ])('goes on behind an offset that is %s', async (_name, lastOffset) => {
    const { token } = await createClient(5)
    const stream = await firehose.open(token, { body: { lastOffset } })
    expect(await stream.next()).toEqual({ messages: [], lastOffset: '3' })
    expect(await stream.messages(2)).toMatchObject([{ offset: '4' }, { offset: '5' }])
    stream.destroy()
  })

  test('begins at the end for "latest"', async () => {
    const { clientId, token } = await createClient(5)
    const stream = await firehose.open(token, { body: { lastOffset: 'latest' } })
    expect(await stream.next()).toEqual({ messages: [], lastOffset: '5' })
    await firehose.append(clientId, testMessages(1, 6))
    expect(await stream.messages(1)).toMatchObject([{ offset: '6', id: 'm6' }])
    stream.destroy()
  })

  test('has at most maxBatch messages in a line', async () => {
    const { token } = await createClient(5)
    const stream = await firehose.open(token, { body: { maxBatch: 2 } })
    const lines = [await stream.next(), await stream.next(), await stream.next()]
    expect(lines.map((line) => line?.messages.length)).toEqual([0, 2, 2])
    expect(lines.map((line) => line?.lastOffset)).toEqual(['0', '2', '4'])
    stream.destroy()
  })

  test('lets through what both filters want, and counts past the rest', async () => {
    const { clientId, token } = await createClient()
    const type = 'vision.v1m0.ImageProcessed'
    await firehose.append(clientId, [
      { id: 'a', type, correlationId: 'one' },
      { id: 'b', correlationId: 'one' },
      { id: 'c', type, correlationId: 'two' },
      { id: 'd', type, correlationId: 'three' },
      { id: 'e' },
    ])
    const filters = { types: [type], correlationIds: ['one', 'three'] }
    const stream = await firehose.open(token, { body: { filters } })
    await stream.next()
    expect(await stream.next()).toMatchObject({
      messages: [
        { id: 'a', offset: '1' },
        { id: 'd', offset: '4' },
      ],
      lastOffset: '5',
    })
    stream.destroy()
  })

  test.each(['', '   ', '{}', '{"filters":{"types":[]}}'])(
    'takes the body %j for a wish for everything',
    async (body) => {
      const { token } = await createClient(1)
      const stream = await firehose.open(token, { body })
      expect(await stream.messages(1)).toMatchObject([{ id: 'm1' }])
      stream.destroy()
    },
  )

  test('asks for no content type', async () => {
    const { token } = await createClient(1)
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const stream = await firehose.open(token, { body: { lastOffset: 'latest' }, headers })
    expect(await stream.next()).toEqual({ messages: [], lastOffset: '1' })
    stream.destroy()
  })

  test('streams to a client of HTTP/1.0, and ends with the connection', async () => {
    const { clientId } = await createClient(1)
    const expired = { issuedAt: new Date(Date.now() - 3_600_000), lifetimeSeconds: 3_590 }
    const token = await firehose.token(clientId, expired)
    const answer = await rawRequest(
      firehose.port,
      `POST /firehose/v1 HTTP/1.0\r\nauthorization: Bearer ${token}\r\n\r\n`,
    )
    expect(answer).toContain('200 OK')
    expect(answer).not.toContain('transfer-encoding')
    expect(answer.split('\r\n\r\n')[1]).toBe(
      '{"messages":[],"lastOffset":"0","end":"token-expired"}\n',
    )
  })

  test('counts open streams, and what was sent', async () => {
    const { token } = await createClient(2)
    const stream = await firehose.open(token)
    await stream.messages(2)
    const value = async (name: string) => {
      const metric = await firehose.metrics.getSingleMetric(name)?.get()
      return metric?.values.reduce((sum, entry) => sum + entry.value, 0) ?? 0
    }
    expect(await value('ips_firehose_open_streams')).toBeGreaterThan(0)
    const sent = await value('ips_firehose_sent_messages_total')
    expect(sent).toBeGreaterThanOrEqual(2)
    stream.destroy()
    await until('all places are free', async () => (await value('ips_firehose_open_streams')) === 0)
    expect(await value('ips_firehose_ended_streams_total')).toBeGreaterThan(0)
  })
})
