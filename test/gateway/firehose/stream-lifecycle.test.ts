import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { createTestFirehose, testMessages, type TestFirehose } from '../../support/firehose.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { until } from '../../support/until.ts'

describe('a stream of the firehose', () => {
  let firehose: TestFirehose
  beforeEach(async () => (firehose = await createTestFirehose()))
  afterEach(() => firehose.stop())

  test('ends with its token, and says so in its last line', async () => {
    const clientId = randomUUID()
    await firehose.append(clientId, testMessages(3))
    const token = await firehose.token(clientId, { lifetimeSeconds: 2 })
    const text = await (await firehose.open(token)).text()
    const lines = text.trimEnd().split('\n')
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({
      messages: [],
      lastOffset: '3',
      end: 'token-expired',
    })
  })

  test('leaves room for three more of the same client, and for others', async () => {
    const clientId = randomUUID()
    const token = await firehose.token(clientId)
    const streams = [1, 2, 3, 4].map(() => firehose.open(token))
    for (const stream of streams) expect((await stream).status).toBe(200)
    const refused = await firehose.open(token)
    expect(refused.status).toBe(409)
    expect(JSON.parse(await refused.text())).toMatchObject({ code: 'too-many-streams' })
    const other = await firehose.open(await firehose.token(randomUUID()))
    expect(other.status).toBe(200)
    const [first] = streams
    ;(await first)?.destroy()
    await until('a place is free', async () => {
      const next = await firehose.open(token)
      next.destroy()
      return next.status === 200
    })
  })

  test('frees the place of a client that leaves before the first byte', async () => {
    const clientId = randomUUID()
    const token = await firehose.token(clientId)
    const proxy = await startTcpProxy('127.0.0.1', firehose.port)
    for (let round = 0; round < 20; round += 1) {
      const opened = firehose.open(token, { port: proxy.port }).catch(() => undefined)
      setImmediate(() => proxy.cut())
      await opened
      proxy.mend()
    }
    await until('all places are free', async () => {
      const metric = await firehose.metrics.getSingleMetric('ips_firehose_open_streams')?.get()
      return metric?.values[0]?.value === 0
    })
    const streams = await Promise.all([1, 2, 3, 4].map(() => firehose.open(token)))
    expect(streams.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    await proxy.close()
  })

  test('is ended in order when the process stops, and no other begins', async () => {
    const clientId = randomUUID()
    await firehose.append(clientId, testMessages(2))
    const stream = await firehose.open(await firehose.token(clientId))
    await stream.messages(2)
    const closed = firehose.closeApp()
    expect(await stream.next()).toEqual({ messages: [], lastOffset: '2', end: 'restart' })
    expect(await stream.next()).toBeUndefined()
    await closed
  })

  test('ends where its client was erased', async () => {
    const clientId = randomUUID()
    await firehose.append(clientId, testMessages(1))
    await firehose.eraseKey(clientId)
    const stream = await firehose.open(await firehose.token(clientId))
    expect(await stream.next()).toEqual({ messages: [], lastOffset: '0' })
    expect(await stream.next()).toMatchObject({ lastOffset: '0', end: 'client-erased' })
    expect(await stream.next()).toBeUndefined()
  })

  test('ends where retention overtakes it, and the next request says where to go on', async () => {
    const clientId = randomUUID()
    await firehose.append(clientId, testMessages(3))
    const token = await firehose.token(clientId)
    const stream = await firehose.open(token)
    await stream.messages(3)
    // The append's news come after both.
    const client = await firehose.pool.connect()
    await client.query('DELETE FROM blocks')
    await client.query('UPDATE streams SET last_offset = 10')
    await client.query(`NOTIFY firehose_appended, '${clientId}'`)
    client.release()
    expect(await stream.next()).toEqual({ messages: [], lastOffset: '3', end: 'offset-removed' })
    const next = await firehose.open(token, { body: { lastOffset: '3' } })
    expect(JSON.parse(await next.text())).toMatchObject({ status: 410, oldestOffset: '11' })
  })
})

describe('a stream whose database is away', () => {
  test('goes on with what was appended when it is back; a new one is asked to come again', async () => {
    const server = new URL(process.env['POSTGRES_URL'] ?? '')
    const proxy = await startTcpProxy(server.hostname, Number(server.port))
    const way = new URL(server)
    way.port = String(proxy.port)
    const firehose = await createTestFirehose({ POSTGRES_URL: way.toString() })
    const clientId = randomUUID()
    const token = await firehose.token(clientId)
    await firehose.append(clientId, testMessages(2))
    const stream = await firehose.open(token)
    await stream.messages(2)
    proxy.cut()
    // The journal of the test has its own way.
    await firehose.append(clientId, testMessages(3, 3))
    const refused = await firehose.open(token)
    expect(refused.status).toBe(503)
    expect(Number(refused.response.headers['retry-after'])).toBeGreaterThan(0)
    expect(JSON.parse(await refused.text())).toMatchObject({ code: 'journal-unavailable' })
    proxy.mend()
    expect(await stream.messages(3)).toMatchObject([{ id: 'm3' }, { id: 'm4' }, { id: 'm5' }])
    await firehose.stop()
    await proxy.close()
  })
})
