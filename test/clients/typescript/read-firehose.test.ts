import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import type { FirehoseOptions } from '../../../clients/typescript/firehose-options.ts'
import { readBatches } from '../../../clients/typescript/read-batches.ts'
import { readFirehose } from '../../../clients/typescript/read-firehose.ts'
import { createTestFirehose, testMessages, type TestFirehose } from '../../support/firehose.ts'
import { collect, offsetsUpTo } from '../../support/firehose-client.ts'
import { until } from '../../support/until.ts'

describe('readFirehose', () => {
  let firehose: TestFirehose
  beforeAll(async () => (firehose = await createTestFirehose()))
  afterAll(() => firehose.stop())

  /** A client with messages `m1` to `m{count}`. */
  async function createClient(count = 0, rights?: Record<string, unknown>) {
    const clientId = randomUUID()
    if (count > 0) await firehose.append(clientId, testMessages(count))
    const token = await firehose.token(clientId, rights === undefined ? {} : { rights })
    const options = {
      url: `http://127.0.0.1:${firehose.port}`,
      token: () => Promise.resolve(token),
    } satisfies FirehoseOptions
    return { clientId, options }
  }
  const openStreams = async () => {
    const metric = await firehose.metrics.getSingleMetric('ips_firehose_open_streams')?.get()
    return metric?.values[0]?.value
  }

  test('gives what is kept, in order, and then what comes', async () => {
    const { clientId, options } = await createClient(1_500)
    const messages = readFirehose(options)
    expect(await collect(messages, 1_500)).toEqual(offsetsUpTo(1_500))
    const next = messages.next()
    await firehose.append(clientId, testMessages(1, 1_501))
    expect((await next).value).toEqual({
      offset: '1501',
      id: 'm1501',
      type: 'ocr.v1m0.RecognizedText',
      timestamp: '2026-11-24T06:00:00.123Z',
      correlationId: 'case',
      imageId: 'f'.repeat(32),
      data: expect.objectContaining({ text: 'text' }),
    })
    await messages.return()
    await until('the connection is closed', async () => (await openStreams()) === 0)
  })

  test('goes on behind an offset, or with what comes', async () => {
    const { clientId, options } = await createClient(5)
    const behind = readFirehose({ ...options, lastOffset: '3' })
    expect(await collect(behind, 2)).toEqual(['4', '5'])
    await behind.return()
    const batches = readBatches({ ...options, lastOffset: 'latest' })
    expect((await batches.next()).value).toEqual({ messages: [], lastOffset: '5' })
    await firehose.append(clientId, testMessages(1, 6))
    expect((await batches.next()).value).toMatchObject({
      messages: [{ id: 'm6' }],
      lastOffset: '6',
    })
    await batches.return()
  })

  test('asks for filters, the size of batches and the rate', async () => {
    const { clientId, options } = await createClient()
    const type = 'vision.v1m0.ImageProcessed'
    await firehose.append(clientId, [
      { id: 'a', type, correlationId: 'one' },
      { id: 'b', correlationId: 'one' },
      { id: 'c', type, correlationId: 'two' },
      { id: 'd', type, correlationId: 'one' },
    ])
    const batches = readBatches({
      ...options,
      ...{ maxBatch: 1, maxRate: 1_000 },
      filters: { types: [type], correlationIds: ['one'] },
    })
    await batches.next()
    expect((await batches.next()).value).toMatchObject({ messages: [{ id: 'a' }], lastOffset: '1' })
    expect((await batches.next()).value).toMatchObject({ messages: [{ id: 'd' }], lastOffset: '4' })
    await batches.return()
  })

  test.each([
    ['a malformed request', { maxBatch: 0 }, 'stream-request-invalid', 400],
    ['an offset from the future', { lastOffset: '7' }, 'offset-in-future', 400],
  ])('raises what the server says of %s', async (_name, more, code, status) => {
    const { options } = await createClient(3)
    await expect(readFirehose({ ...options, ...more }).next()).rejects.toMatchObject({
      ...{ name: 'FirehoseError', code, status, retryable: false },
    })
  })

  test('raises what the server says of a token without the claim, or of one that is none', async () => {
    const { options } = await createClient(0, { 'ingest-1.*': true })
    const refused = readFirehose(options).next()
    await expect(refused).rejects.toMatchObject({ code: 'firehose-not-authorised', status: 403 })
    const token = () => Promise.resolve('nonsense')
    const invalid = readFirehose({ ...options, token }).next()
    await expect(invalid).rejects.toMatchObject({ code: 'token-invalid', status: 401 })
  })

  test('raises that what follows was removed, with what is still kept, also while it reads', async () => {
    const { clientId, options } = await createClient(3)
    const messages = readFirehose(options)
    await collect(messages, 3)
    const next = expect(messages.next()).rejects.toMatchObject({
      ...{ code: 'offset-removed', status: 410, oldestOffset: '11' },
    })
    const client = await firehose.pool.connect()
    await client.query('DELETE FROM blocks WHERE client_id = $1', [clientId])
    await client.query('UPDATE streams SET last_offset = 10 WHERE client_id = $1', [clientId])
    await client.query(`NOTIFY firehose_appended, '${clientId}'`)
    client.release()
    await next
  })

  test('raises the end of a stream that no other connection would mend', async () => {
    const { clientId, options } = await createClient(1)
    await firehose.eraseKey(clientId)
    await expect(collect(readFirehose(options), 1)).rejects.toMatchObject({ code: 'client-erased' })
  })

  test('ends at once, and without an error, when its signal says so', async () => {
    const { options } = await createClient(3)
    const controller = new AbortController()
    const messages = readFirehose({ ...options, signal: controller.signal })
    expect(await collect(messages, 3)).toEqual(['1', '2', '3'])
    const next = messages.next()
    controller.abort()
    expect(await next).toEqual({ done: true, value: undefined })
    await until('the connection is closed', async () => (await openStreams()) === 0)
  })

  test('gives nothing more of a batch when its signal says so', async () => {
    const { options } = await createClient(3)
    const controller = new AbortController()
    const messages = readFirehose({ ...options, signal: controller.signal })
    await collect(messages, 1)
    controller.abort()
    expect((await messages.next()).done).toBe(true)
  })

  test('renews its token when that has expired, and misses nothing', async () => {
    const { clientId, options } = await createClient(1)
    let tokens = 0
    const messages = readFirehose({
      ...options,
      token() {
        tokens += 1
        return firehose.token(clientId, { lifetimeSeconds: 1 })
      },
    })
    expect(await collect(messages, 1)).toEqual(['1'])
    for (const last of [2, 3, 4]) {
      const next = messages.next()
      await until('the next token', () => tokens >= last)
      await firehose.append(clientId, testMessages(1, last))
      expect((await next).value).toMatchObject({ id: `m${last}`, offset: String(last) })
    }
    await messages.return()
  })

  test('reads no further than its reader: the server waits', async () => {
    const clientId = randomUUID()
    const text = 'x'.repeat(100_000)
    for (let from = 1; from < 800; from += 100)
      await firehose.append(clientId, testMessages(100, from, { text }))
    const token = await firehose.token(clientId)
    const sentBytes = async () => {
      const metric = await firehose.metrics.getSingleMetric('ips_firehose_sent_bytes_total')?.get()
      return metric?.values[0]?.value ?? 0
    }
    const before = await sentBytes()
    const { options } = await createClient()
    const messages = readFirehose({ ...options, token: () => Promise.resolve(token) })
    await collect(messages, 1)
    let sent = -1
    await until('nothing more is sent', async () => {
      const former = sent
      sent = (await sentBytes()) - before
      return sent === former && sent > 0
    })
    // What both ends of a socket on one machine hold.
    expect(sent).toBeLessThan(20_000_000)
    expect(await collect(messages, 799)).toEqual(offsetsUpTo(800).slice(1))
    await messages.return()
  })
})
