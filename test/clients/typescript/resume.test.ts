import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomInt, randomUUID } from 'node:crypto'
import { readFirehose } from '../../../clients/typescript/read-firehose.ts'
import { freePort } from '../../cli/stand-in.ts'
import { startCuttingProxy } from '../../support/cutting-proxy.ts'
import { collect, offsetsUpTo } from '../../support/firehose-client.ts'
import { createTestFirehose, testMessages, type TestFirehose } from '../../support/firehose.ts'
import { randomFrom } from '../../support/random-from.ts'
import { startRole } from '../../support/start-role.ts'

describe('a reader of the firehose', () => {
  let firehose: TestFirehose
  beforeAll(async () => (firehose = await createTestFirehose()))
  afterAll(() => firehose.stop())

  /** Tries again soon: the test has many failures. */
  const retry = { firstDelayMs: 2, longestDelayMs: 50 }

  test('has each message once and in order when its connection is cut a thousand times at any byte', async () => {
    const clientId = randomUUID()
    const token = await firehose.token(clientId)
    const seed = randomInt(2 ** 31)
    const random = randomFrom(seed)
    const cutsWanted = 1_000
    const proxy = await startCuttingProxy('127.0.0.1', firehose.port, () => ({
      // The head of an answer has about 400 bytes, a message 300.
      bytes: proxy.cuts() < cutsWanted ? Math.floor(random() * 3_000) : Infinity,
      cut: random() < 0.5 ? 'end' : 'reset',
    }))
    const retried = new Set<string>()
    const messages = readFirehose({
      url: `http://127.0.0.1:${proxy.port}`,
      token: () => Promise.resolve(token),
      ...{ maxBatch: 3, retry },
      onRetry: ({ code }) => retried.add(code),
    })
    const offsets: string[] = []
    try {
      while (proxy.cuts() < cutsWanted) {
        const count = 1 + Math.floor(random() * 20)
        const appended = firehose.append(clientId, testMessages(count, offsets.length + 1))
        offsets.push(...(await collect(messages, count)))
        await appended
      }
      expect(offsets).toEqual(offsetsUpTo(offsets.length))
      expect([...retried].sort()).toEqual(['connection-ended', 'connection-failed'])
    } catch (error) {
      throw new Error(`seed ${seed}, ${proxy.cuts()} cuts`, { cause: error })
    } finally {
      await messages.return()
      await proxy.close()
    }
  })

  test('has each message once and in order when the process that serves it is killed again and again', async () => {
    const clientId = randomUUID()
    const port = await freePort()
    const start = () =>
      startRole('firehose-stream', { ...firehose.environment, HTTP_PORT: String(port) })
    let role = await start()
    const messages = readFirehose({
      url: `http://127.0.0.1:${port}`,
      token: () => firehose.token(clientId),
      ...{ maxBatch: 7, retry },
    })
    const offsets: string[] = []
    const read = async (count: number) => void offsets.push(...(await collect(messages, count)))
    try {
      for (let round = 0; round < 4; round += 1) {
        await firehose.append(clientId, testMessages(1_000, round * 1_000 + 1))
        await read(500)
        await role.stop('SIGKILL')
        const restarted = start()
        await read(500)
        role = await restarted
      }
    } finally {
      await messages.return()
      await role.stop('SIGKILL')
    }
    expect(offsets).toEqual(offsetsUpTo(4_000))
  })
})
