import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { FirehoseOptions } from '../../../clients/typescript/firehose-options.ts'
import { printStream } from '../../../cli/firehose/print-stream.ts'
import { createTestFirehose, testMessages, type TestFirehose } from '../../support/firehose.ts'

describe('what racc firehose prints', () => {
  let firehose: TestFirehose
  beforeAll(async () => (firehose = await createTestFirehose()))
  afterAll(() => firehose.stop())

  async function createClient(count: number) {
    const clientId = randomUUID()
    await firehose.append(clientId, testMessages(count))
    const token = await firehose.token(clientId)
    const url = `http://127.0.0.1:${firehose.port}`
    return { clientId, options: { url, token: () => Promise.resolve(token) } }
  }

  /** All of it, read slowly: the output takes little at once. */
  async function print(options: FirehoseOptions, until: string) {
    const output = new PassThrough({ highWaterMark: 16 })
    const printed = printStream(options, until, output).finally(() => output.end())
    const [lines] = await Promise.all([text(output), printed])
    return lines
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  }

  test('is one message a line, to the last that there is when it begins', async () => {
    const { options } = await createClient(1_200)
    const messages = await print(options, 'latest')
    expect(messages.map(({ offset }) => offset)).toEqual(
      Array.from({ length: 1_200 }, (_, index) => String(index + 1)),
    )
    expect(Object.keys(messages[0] ?? {})).toEqual([
      ...['offset', 'id', 'type', 'timestamp', 'correlationId', 'imageId', 'data'],
    ])
  })

  test('ends behind an offset, within a batch too', async () => {
    const { options } = await createClient(10)
    const messages = await print({ ...options, lastOffset: '3' }, '5')
    expect(messages).toMatchObject([{ offset: '4' }, { offset: '5' }])
  })

  test('is nothing where nothing is kept, or nothing has come since', async () => {
    expect(await print((await createClient(0)).options, 'latest')).toEqual([])
    expect(await print({ ...(await createClient(3)).options, lastOffset: '3' }, 'latest')).toEqual(
      [],
    )
  })

  test('ends where the last messages are of another type', async () => {
    const { clientId, options } = await createClient(3)
    await firehose.append(clientId, [{ id: 'other', type: 'vision.v1m0.ImageProcessed' }])
    const filters = { types: ['ocr.v1m0.RecognizedText'] }
    expect(await print({ ...options, filters }, 'latest')).toHaveLength(3)
  })

  test('says where to go on when what was asked for is not kept any more', async () => {
    const { clientId, options } = await createClient(3)
    await firehose.append(clientId, testMessages(3, 4))
    await firehose.pool.query('DELETE FROM blocks WHERE client_id = $1 AND last_offset <= 3', [
      clientId,
    ])
    await expect(print({ ...options, lastOffset: '1' }, 'latest')).rejects.toMatchObject({
      name: 'IpsError',
      code: 'offset-removed',
      message: expect.stringContaining('--from 3'),
    })
  })
})
