import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import {
  createTestFirehose,
  testMessages,
  type StreamedLineMessage,
  type StreamLine,
  type TestFirehose,
} from '../../support/firehose.ts'
import { until } from '../../support/until.ts'

const offsetsUpTo = (count: number) => Array.from({ length: count }, (_, index) => `${index + 1}`)

describe('what readers of a stream see', () => {
  let firehose: TestFirehose
  beforeAll(async () => (firehose = await createTestFirehose()))
  afterAll(() => firehose.stop())

  test('is the same for all, complete and in order, while several writers append', async () => {
    const writers = 6
    const batches = 40
    const clients = [randomUUID(), randomUUID()]
    const total = writers * batches * 3
    const readers = await Promise.all(
      [...clients, ...clients].map(async (clientId) =>
        firehose.open(await firehose.token(clientId)),
      ),
    )
    const appending = Array.from({ length: writers }, async (_, writer) => {
      for (let batch = 0; batch < batches; batch += 1) {
        const messages = testMessages(3, 1 + (writer * batches + batch) * 3)
        for (const clientId of clients) await firehose.append(clientId, messages)
        // A copy changes nothing.
        await firehose.append(clients[0] ?? '', messages)
      }
    })
    const [seen] = await Promise.all([
      Promise.all(readers.map((reader) => reader.messages(total))),
      ...appending,
    ])
    for (const messages of seen) {
      expect(messages.map(({ offset }) => offset)).toEqual(offsetsUpTo(total))
      const ids = new Set(messages.map(({ id }) => id))
      expect(ids.size).toBe(total)
    }
    expect(seen[0]).toEqual(seen[2])
    expect(seen[1]).toEqual(seen[3])
    for (const reader of readers) reader.destroy()
  })

  test('is everything once, in order, through 1,000 cuts at any byte', async () => {
    const seen = await Promise.all(
      Array.from({ length: 4 }, () => readWithCuts(firehose, { cuts: 250, total: 2_000 })),
    )
    for (const messages of seen) {
      expect(messages.map(({ offset }) => offset)).toEqual(offsetsUpTo(2_000))
      expect(messages.map(({ id }) => id)).toEqual(testMessages(2_000).map(({ id }) => id))
    }
  })
})

/** Reads a new client's messages while they are appended, going on behind the last complete line after every cut. */
async function readWithCuts(
  firehose: TestFirehose,
  { cuts, total }: { cuts: number; total: number },
): Promise<StreamedLineMessage[]> {
  const clientId = randomUUID()
  const token = await firehose.token(clientId)
  const seen: StreamedLineMessage[] = []
  let lastOffset = '0'
  const readOn = async (maxBatch: number, bytes: number) => {
    const text = await readSome(firehose, token, { lastOffset, maxBatch }, bytes)
    for (const line of text.split('\n').slice(0, -1)) {
      const batch = JSON.parse(line) as StreamLine
      seen.push(...batch.messages)
      lastOffset = batch.lastOffset
    }
  }
  const append = async () => {
    for (let from = 1; from <= total; from += 20)
      await firehose.append(clientId, testMessages(20, from))
  }
  const read = async () => {
    for (let cut = 0; cut < cuts; cut += 1)
      await readOn(1 + (cut % 10), Math.floor(Math.random() * 3_000))
  }
  await Promise.all([append(), read()])
  while (lastOffset !== `${total}`) await readOn(100, 100_000)
  return seen
}

/** Reads so many bytes of a stream, or what comes until it is quiet, and leaves. */
async function readSome(
  firehose: TestFirehose,
  token: string,
  body: object,
  bytes: number,
): Promise<string> {
  // The places of streams that were left are free a moment later.
  const stream = await until('there is a place', async () => {
    const opened = await firehose.open(token, { body })
    return opened.status === 200 && opened
  })
  let text = ''
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 50)
    stream.response.on('data', (chunk) => {
      text += String(chunk)
      if (text.length < bytes) return
      clearTimeout(timer)
      resolve()
    })
  })
  stream.destroy()
  return text.slice(0, bytes)
}
