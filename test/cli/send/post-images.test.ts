import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { postImages, type Receipt } from '../../../cli/send/post-images.ts'
import { generateImage } from '../../support/generate-image.ts'
import { startTestIngestion, type TestIngestion } from '../../support/ingestion.ts'
import { createTestKafka, type TestKafka } from '../../support/kafka.ts'
import { createTestKeys, issueTestToken, type TestKeys } from '../../support/tokens.ts'
import { until } from '../../support/until.ts'

describe('postImages', () => {
  let kafka: TestKafka
  let keys: TestKeys
  let ingestion: TestIngestion
  let directory: string

  beforeAll(async () => {
    ;[kafka, keys] = await Promise.all([createTestKafka(), createTestKeys()])
    ingestion = await startTestIngestion({ kafka: kafka.options, keys })
    directory = await mkdtemp(path.join(os.tmpdir(), 'ips-send-'))
    await writeFile(path.join(directory, 'a.png'), await generateImage(1))
    await writeFile(path.join(directory, 'b.png'), await generateImage(2))
    await writeFile(path.join(directory, 'c.txt'), 'hello')
    await until('ingestion is ready', async () => (await ingestion.readiness())['kafka'] === 'ok')
  })
  afterAll(async () => {
    await ingestion.stop()
    await rm(directory, { recursive: true })
    await kafka.drop()
    await keys.remove()
  })

  async function send(files: readonly string[], right: unknown = true): Promise<Receipt[]> {
    const receipts: Receipt[] = []
    await postImages({
      baseUrl: ingestion.url,
      token: await issueTestToken(keys, { rights: { 'ingest-1.*': right } }),
      transactionId: 'case:1',
      images: files.length,
      files: files.map((file) => path.join(directory, file)),
      onReceipt: (receipt) => receipts.push(receipt),
    })
    return receipts
  }

  test('reports a receipt for each file', async () => {
    expect(await send(['a.png', 'b.png'])).toEqual([
      expect.objectContaining({ file: 'a.png', mimeType: 'image/png', width: 64, height: 48 }),
      expect.objectContaining({ file: 'b.png', imageId: expect.stringMatching(/^[0-9a-f]{32}$/) }),
    ])
  })

  test('waits where it is over the client’s rate', async () => {
    expect(await send(['a.png', 'b.png'], { imagesPerSecond: 1 })).toHaveLength(2)
  })

  test('says which file was refused, and why', async () => {
    await expect(send(['a.png', 'c.txt'])).rejects.toMatchObject({
      code: 'post-refused',
      message: expect.stringMatching(/c\.txt: 415 .*image-type-unsupported/),
    })
  })

  test('posts nothing where a file is missing', async () => {
    await expect(send(['a.png', 'd.png'])).rejects.toMatchObject({ code: 'file-unreadable' })
  })
})
