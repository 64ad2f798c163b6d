import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { readFirehose } from '../../../clients/typescript/read-firehose.ts'
import { createTestFirehose, testMessages, type TestFirehose } from '../../support/firehose.ts'
import { collect } from '../../support/firehose-client.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { until } from '../../support/until.ts'

/** Shorter than any server's wish: the first failure is raised. */
const impatient = { forMs: 1 }

describe('a reader of the firehose', () => {
  let firehose: TestFirehose
  afterEach(() => firehose.stop())

  async function reader(more: { retry?: { forMs: number }; port?: number } = {}) {
    const clientId = randomUUID()
    await firehose.append(clientId, testMessages(2))
    const token = await firehose.token(clientId)
    const { retry, port = firehose.port } = more
    const retried: string[] = []
    const stopping = new AbortController()
    const messages = readFirehose({
      url: `http://127.0.0.1:${port}`,
      token: () => Promise.resolve(token),
      ...{ retry, signal: stopping.signal },
      onRetry: ({ code }) => retried.push(code),
    })
    return { clientId, token, messages, retried, stopping }
  }

  describe('whose client has all its streams open', () => {
    beforeEach(async () => (firehose = await createTestFirehose()))

    test('begins as soon as one of them has ended', async () => {
      const { token, messages, retried } = await reader()
      const open = await Promise.all([1, 2, 3, 4].map(() => firehose.open(token)))
      const read = collect(messages, 2)
      await until('it was refused', () => retried.includes('too-many-streams'))
      open[0]?.destroy()
      expect(await read).toEqual(['1', '2'])
      await messages.return()
      open.forEach((stream) => stream.destroy())
    })

    test('gives up in the end', async () => {
      const { token, messages, retried } = await reader({ retry: impatient })
      const open = await Promise.all([1, 2, 3, 4].map(() => firehose.open(token)))
      await expect(messages.next()).rejects.toMatchObject({ code: 'too-many-streams', status: 409 })
      expect(retried).toEqual([])
      open.forEach((stream) => stream.destroy())
    })
  })

  describe('whose server has no place left', () => {
    beforeEach(async () => (firehose = await createTestFirehose({ FIREHOSE_MAX_STREAMS: '1' })))

    test('begins as soon as there is one', async () => {
      const other = await firehose.open(await firehose.token(randomUUID()))
      const { messages, retried } = await reader()
      const read = collect(messages, 2)
      await until('it was refused', () => retried.includes('overloaded'))
      other.destroy()
      expect(await read).toEqual(['1', '2'])
      await messages.return()
    })

    test('gives up in the end', async () => {
      const other = await firehose.open(await firehose.token(randomUUID()))
      const { messages } = await reader({ retry: impatient })
      await expect(messages.next()).rejects.toMatchObject({ code: 'overloaded', status: 503 })
      other.destroy()
    })
  })

  describe('whose server is away', () => {
    beforeEach(async () => (firehose = await createTestFirehose()))

    test('goes on when it is back, also after an orderly stop', async () => {
      const proxy = await startTcpProxy('127.0.0.1', firehose.port)
      const { clientId, messages, retried, stopping } = await reader({ port: proxy.port })
      expect(await collect(messages, 2)).toEqual(['1', '2'])
      const read = collect(messages, 1)
      proxy.cut()
      await until('it has tried', () => retried.includes('connection-failed'))
      await firehose.append(clientId, testMessages(1, 3))
      proxy.mend()
      expect(await read).toEqual(['3'])
      const next = messages.next()
      await firehose.closeApp()
      await until('it was told', () => retried.includes('restart'))
      stopping.abort()
      expect((await next).done).toBe(true)
      await proxy.close()
    })

    test('gives up in the end', async () => {
      await firehose.closeApp()
      const { messages } = await reader({ retry: impatient })
      await expect(messages.next()).rejects.toMatchObject({ code: 'connection-failed' })
    })
  })
})
