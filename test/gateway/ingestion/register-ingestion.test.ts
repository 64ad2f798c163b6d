import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { anyUnpack } from '@bufbuild/protobuf/wkt'
import { connect } from 'node:net'
import sharp from 'sharp'
import { imageIdOf, ingestMessageIdOf } from '../../../lib/envelope/message-ids.ts'
import { readEnvelope } from '../../../lib/envelope/read-envelope.ts'
import { partitionFor } from '../../../lib/kafka/partition-for.ts'
import { topics } from '../../../lib/topology.ts'
import { IngestedImageSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/ingest-v1m0_pb.ts'
import { generateImage } from '../../support/generate-image.ts'
import { startTestIngestion, type TestIngestion } from '../../support/ingestion.ts'
import { createTestKafka, type TestKafka, type TopicWatch } from '../../support/kafka.ts'
import { createTestKeys, issueTestToken, type TestKeys } from '../../support/tokens.ts'
import { until } from '../../support/until.ts'

const clientId = 'test-client'
const mebibyte = 1024 * 1024
const receiptFormat = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

interface Receipt {
  transactionId: string
  images: { imageId: string; mimeType: string; width: number; height: number; bytes: number }[]
  receivedAt: string
}

interface Answer {
  status: number
  headers: Headers
  body: Receipt & { code: string; type: string; title: string; detail: string; traceId: string }
}

describe('POST /ingest/v1/{transactionId}', () => {
  let kafka: TestKafka
  let keys: TestKeys
  let ingestion: TestIngestion
  let watch: TopicWatch
  let token: string
  let png: Buffer

  beforeAll(async () => {
    ;[kafka, keys, png] = await Promise.all([createTestKafka(), createTestKeys(), generateImage(1)])
    ingestion = await startTestIngestion({
      kafka: kafka.options,
      keys,
      // Shorter than by default for the upload that stalls, and enough for the others on a busy machine.
      environment: { INGEST_PACE_WINDOW_MS: '3000' },
    })
    watch = await kafka.watch(topics.ingest.name)
    token = await issueTestToken(keys, { clientId, rights: { 'ingest-1.*': true } })
    await until('ingestion is ready', async () => (await ingestion.readiness())['kafka'] === 'ok')
  })
  afterAll(async () => {
    await ingestion.stop()
    await kafka.drop()
    await keys.remove()
  })

  async function post(
    path: string,
    body: Uint8Array | FormData | ReadableStream | string | null,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(`${ingestion.url}/ingest/v1/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, ...headers },
      body: body instanceof Uint8Array ? new Uint8Array(body) : body,
      ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
    })
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Answer['body'],
    }
  }

  async function recordOf(imageId: string) {
    const records = await watch.until((all) =>
      all.some(({ value }) => readEnvelope(value).envelope.imageId === imageId),
    )
    const record = records.find(({ value }) => readEnvelope(value).envelope.imageId === imageId)
    if (record === undefined) throw new Error('the record is gone')
    return { record, ...readEnvelope(record.value) }
  }

  test('answers with a receipt, and the envelope is on the topic', async () => {
    const { status, body } = await post('case-1?images=3', png, {
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    })
    expect(status).toBe(200)
    const imageId = imageIdOf({ clientId, correlationId: 'case-1', content: png })
    expect(body).toEqual({
      transactionId: 'case-1',
      images: [{ imageId, mimeType: 'image/png', width: 64, height: 48, bytes: png.length }],
      receivedAt: expect.stringMatching(receiptFormat),
    })
    const { record, envelope, payload, ingestedAt } = await recordOf(imageId)
    expect(envelope).toMatchObject({
      correlationId: 'case-1',
      token,
      imageId,
      messageId: ingestMessageIdOf(imageId),
      announcedImages: 3,
      synthetic: false,
      traceparent: expect.stringMatching(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/),
    })
    expect(ingestedAt.toISOString()).toBe(body.receivedAt)
    const image = anyUnpack(payload, IngestedImageSchema)
    expect(image).toMatchObject({ mimeType: 'image/png' })
    expect(Buffer.from(image?.content ?? []).equals(png)).toBe(true)
    expect(record.key).toBe(clientId)
    const transaction = { clientId, correlationId: 'case-1' }
    expect(record.partition).toBe(partitionFor(transaction, topics.ingest.partitions))
  })

  test('flags what the probe posts, by its claim', async () => {
    const probe = await issueTestToken(keys, {
      clientId,
      rights: { 'ingest-1.*': { synthetic: true } },
    })
    const { body } = await post('probe', png, { authorization: `Bearer ${probe}` })
    const { envelope } = await recordOf(body.images[0]?.imageId ?? '')
    expect(envelope.synthetic).toBe(true)
  })

  test('accepts the same image again with the same id', async () => {
    const [first, second] = [await post('again', png), await post('again', png)]
    expect([first.status, second.status]).toEqual([200, 200])
    expect(second.body.images).toEqual(first.body.images)
  })

  test.each([
    ['none', undefined],
    ['application/octet-stream', 'application/octet-stream'],
    ['image/png with a parameter', 'IMAGE/PNG; q=1'],
    ['what curl sends by itself', 'application/x-www-form-urlencoded'],
    ['something that is no media type', 'nonsense'],
  ])('finds the type in the bytes with a content type of %s', async (_name, contentType) => {
    const headers = contentType === undefined ? {} : { 'content-type': contentType }
    const { status, body } = await post('types', png, headers)
    expect([status, body.images[0]?.mimeType]).toEqual([200, 'image/png'])
  })

  test('takes image/jpg for a JPEG, and reports the upright dimensions', async () => {
    const jpeg = await sharp(png).withMetadata({ orientation: 6 }).jpeg().toBuffer()
    const { body } = await post('jpg', jpeg, { 'content-type': 'image/jpg' })
    expect(body.images[0]).toMatchObject({ mimeType: 'image/jpeg', width: 48, height: 64 })
  })

  test('accepts a chunked body', async () => {
    const { status } = await post('chunked', new Blob([new Uint8Array(png)]).stream())
    expect(status).toBe(200)
  })

  test.each(['a', 'A.b_c-d:e', '...', 'x'.repeat(128), 'a%3Ab', '%61'])(
    'accepts the transaction id %s',
    async (id) => {
      const { status, body } = await post(id, png)
      expect([status, body.transactionId]).toEqual([200, decodeURIComponent(id)])
    },
  )

  test.each(['x'.repeat(129), 'a%20b', 'a%2Fb', '%C3%A4', '%zz', '%ff', 'a%00', 'a,b', '%2e%2E'])(
    'refuses the transaction id %s',
    async (id) => {
      const answer = await rawPost(ingestion.port, `/ingest/v1/${id}`, token, png)
      expect(answer).toMatch(/^HTTP\/1.1 400 /)
      expect(answer).toContain('"code":"transaction-id-invalid"')
    },
  )

  test.each(['.', '..'])('refuses the transaction id %s as it is', async (id) => {
    const answer = await rawPost(ingestion.port, `/ingest/v1/${id}`, token, png)
    expect(answer).toMatch(/^HTTP\/1.1 400 /)
  })

  test.each(['images=1', 'images=1000', 'other=x'])('accepts the query %s', async (query) => {
    expect((await post(`q?${query}`, png)).status).toBe(200)
  })

  test.each(['images=0', 'images=1001', 'images=', 'images=x', 'images=1.5', 'images=1&images=2'])(
    'refuses the query %s',
    async (query) => {
      const { status, body } = await post(`q?${query}`, png)
      expect([status, body.code]).toEqual([400, 'images-invalid'])
    },
  )

  test('refuses an empty body, declared or chunked', async () => {
    const declared = await post('empty', null)
    expect([declared.status, declared.body.code]).toEqual([400, 'body-empty'])
    const chunked = await post('empty', new Blob([]).stream())
    expect([chunked.status, chunked.body.code]).toEqual([400, 'body-empty'])
  })

  test.each([
    ['no header', {}, 'Bearer', 'token-missing'],
    ['another scheme', { authorization: 'Basic YTpi' }, 'Bearer', 'token-missing'],
    ['an empty token', { authorization: 'Bearer ' }, 'Bearer', 'token-missing'],
    [
      'nonsense',
      { authorization: 'Bearer a.b.c' },
      'Bearer error="invalid_token"',
      'token-invalid',
    ],
  ])('answers 401 for %s', async (_name, headers: Record<string, string>, challenge, code) => {
    const response = await fetch(`${ingestion.url}/ingest/v1/.%20?images=x`, {
      method: 'POST',
      headers,
    })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe(challenge)
    expect(await response.json()).toMatchObject({ code, status: 401 })
  })

  test('answers 401 for a token that has expired', async () => {
    const expired = await issueTestToken(keys, {
      rights: { 'ingest-1.*': true },
      issuedAt: new Date(Date.now() - 7_200_000),
    })
    const { status, body, headers } = await post('x', png, { authorization: `Bearer ${expired}` })
    expect([status, body.code]).toEqual([401, 'token-expired'])
    expect(headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
  })

  test.each([
    [{}, 403],
    [{ 'ocr-*': true }, 403],
    [{ 'ingest-2.*': true }, 403],
    [{ 'ingest-1.*': { imagesPerSecond: 'many' } }, 403],
    [{ 'ingest-1.0': true }, 200],
    [{ 'ingest-*': {} }, 200],
  ])('answers a token with the rights %j with %d', async (rights, expected) => {
    const other = await issueTestToken(keys, { rights })
    expect((await post('rights', png, { authorization: `Bearer ${other}` })).status).toBe(expected)
  })

  test('answers 429 over the rate, before it looks at anything else', async () => {
    const slow = await issueTestToken(keys, {
      clientId: 'slow',
      rights: { 'ingest-1.*': { imagesPerSecond: 0.01 } },
    })
    const headers = { authorization: `Bearer ${slow}` }
    expect((await post('rate', png, headers)).status).toBe(200)
    const { status, body, headers: answered } = await post('a%20b?images=0', 'x', headers)
    expect([status, body.code]).toEqual([429, 'rate-exceeded'])
    expect(Number(answered.get('retry-after'))).toBeGreaterThan(1)
  })

  test('counts every image of a multipart body', async () => {
    const three = await issueTestToken(keys, {
      clientId: 'three',
      rights: { 'ingest-1.*': { imagesPerSecond: 3 } },
    })
    const headers = { authorization: `Bearer ${three}` }
    expect((await post('rate', form([png, png, png, png]), headers)).status).toBe(429)
    expect((await post('rate', form([png, png, png]), headers)).status).toBe(200)
  })

  test.each([
    ['over 8 MiB', () => Buffer.alloc(8 * mebibyte + 1), {}, 413, 'image-too-large'],
    ['of another type', () => Buffer.from('GIF89a, really'), {}, 415, 'image-type-unsupported'],
    [
      'that contradicts its type',
      () => png,
      { 'content-type': 'image/webp' },
      415,
      'image-type-contradicted',
    ],
    ['with a damaged header', () => flipped(png, 20), {}, 422, 'image-header-damaged'],
  ])('refuses an image %s', async (_name, image, headers, status, code) => {
    const answer = await post('bad', image(), headers)
    expect([answer.status, answer.body.code]).toEqual([status, code])
    expect(answer.headers.get('content-type')).toBe('application/problem+json')
    expect(answer.body.traceId).toMatch(/^[0-9a-f]{32}$/)
  })

  test('cuts a chunked body when it is over 8 MiB, not at its end', async () => {
    let pulled = 0
    const endless = new ReadableStream({
      pull(controller) {
        pulled += 1
        controller.enqueue(new Uint8Array(mebibyte))
      },
    })
    const { status } = await post('endless', endless)
    expect(status).toBe(413)
    expect(pulled).toBeLessThan(64)
  })

  test('keeps to the claim’s own limit', async () => {
    const small = await issueTestToken(keys, {
      rights: { 'ingest-1.*': { maxBytes: png.length - 1 } },
    })
    const { status, body } = await post('small', png, { authorization: `Bearer ${small}` })
    expect([status, body.code]).toEqual([413, 'image-too-large'])
  })

  test('accepts an image of exactly 8 MiB', async () => {
    const large = Buffer.concat([png, Buffer.alloc(8 * mebibyte - png.length)])
    const { status, body } = await post('large', large)
    expect([status, body.images[0]?.bytes]).toEqual([200, 8 * mebibyte])
  })

  test('ingests the parts of a multipart body, with file names and without', async () => {
    const jpeg = await sharp(png).jpeg().toBuffer()
    const { status, body } = await post('parts', form([png, jpeg]))
    expect(status).toBe(200)
    expect(body.images.map(({ mimeType }) => mimeType)).toEqual(['image/png', 'image/jpeg'])
    const plain = await post(
      'parts',
      Buffer.concat([
        Buffer.from('--b\r\ncontent-disposition: form-data; name="x"\r\n\r\n'),
        png,
        Buffer.from('\r\n--b--\r\n'),
      ]),
      { 'content-type': 'multipart/form-data; boundary=b' },
    )
    expect(plain.body.images).toEqual([expect.objectContaining({ bytes: png.length })])
  })

  test('ingests nothing of a multipart body with one bad part', async () => {
    const good = await generateImage(77)
    const { status, body } = await post('nothing', form([good, Buffer.from('bad')]))
    expect([status, body.code]).toEqual([415, 'image-type-unsupported'])
    const marker = await post('nothing', await generateImage(78))
    await recordOf(marker.body.images[0]?.imageId ?? '')
    const goodId = imageIdOf({ clientId, correlationId: 'nothing', content: good })
    const ids = watch.records.map(({ value }) => readEnvelope(value).envelope.imageId)
    expect(ids).not.toContain(goodId)
  })

  test('writes 32 images of almost 32 MiB together', async () => {
    const images = await Promise.all(
      Array.from({ length: 32 }, (_, index) => generateImage(1000 + index)),
    )
    const large = images.map((image) => Buffer.concat([image, Buffer.alloc(mebibyte - 1024)]))
    const { status, body } = await post('many', form(large))
    expect([status, body.images.length]).toEqual([200, 32])
    const { record } = await recordOf(body.images[31]?.imageId ?? '')
    expect(record.partition).toBe(
      partitionFor({ clientId, correlationId: 'many' }, topics.ingest.partitions),
    )
  })

  test.each([
    ['33 parts', () => form(Array.from({ length: 33 }, () => png)), undefined, 413],
    [
      'more than 32 MiB',
      () => form(Array.from({ length: 5 }, () => Buffer.alloc(7 * mebibyte))),
      undefined,
      413,
    ],
    ['no part', () => '--b--\r\n', 'multipart/form-data; boundary=b', 400],
    ['no end', () => '--b\r\n\r\nx', 'multipart/form-data; boundary=b', 400],
    ['no boundary', () => '--b--\r\n', 'multipart/form-data', 400],
    ['an empty part', () => '--b\r\n\r\n\r\n--b--', 'multipart/form-data; boundary=b', 400],
  ])('refuses a multipart body with %s', async (_name, body, contentType, status) => {
    const headers = contentType === undefined ? {} : { 'content-type': contentType }
    expect((await post('bad', body(), headers)).status).toBe(status)
  })

  test('answers a huge body with a bad token at once and does not read it', async () => {
    const socket = connect(ingestion.port, '127.0.0.1')
    const answer = answerOn(socket)
    socket.write(
      'POST /ingest/v1/a HTTP/1.1\r\nhost: a\r\nauthorization: Bearer x\r\ncontent-length: 1000000000\r\n\r\n',
    )
    const chunk = Buffer.alloc(mebibyte)
    let written = 0
    const writeMore = () => {
      while (!socket.destroyed && written < 512 && socket.write(chunk)) written += 1
    }
    socket.on('drain', writeMore)
    writeMore()
    expect(await answer).toMatch(/^HTTP\/1.1 401 /)
    expect(written).toBeLessThan(128)
  })

  test('answers a client that writes all of a body that is too large before it reads', async () => {
    const socket = connect(ingestion.port, '127.0.0.1')
    const answer = answerOn(socket)
    socket.write(
      `POST /ingest/v1/a HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\ncontent-length: ${33 * mebibyte}\r\n\r\n`,
    )
    await new Promise((written) => socket.write(Buffer.alloc(33 * mebibyte), written))
    expect(await answer).toMatch(/^HTTP\/1.1 413 /)
  })

  test('lets a client wait for its permission to send the body', async () => {
    const refused = connect(ingestion.port, '127.0.0.1')
    const head = (bearer: string) =>
      `POST /ingest/v1/a HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${bearer}\r\ncontent-length: ${png.length}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n`
    refused.write(head('x'))
    expect(await answerOn(refused)).toMatch(/^HTTP\/1.1 401 /)
    const admitted = connect(ingestion.port, '127.0.0.1')
    admitted.once('data', () => admitted.write(png))
    admitted.write(head(token))
    expect(await answerOn(admitted)).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /)
  })

  test('cuts an upload that stalls', async () => {
    const socket = connect(ingestion.port, '127.0.0.1')
    socket.write(
      `POST /ingest/v1/a HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\ncontent-length: 1000000\r\n\r\nx`,
    )
    const answer = await answerOn(socket)
    expect(answer).toMatch(/^HTTP\/1.1 408 /)
    expect(answer).toContain('"code":"upload-too-slow"')
    expect(answer.toLowerCase()).toContain('connection: close')
  })

  test('survives a client that leaves in the middle', async () => {
    const socket = connect(ingestion.port, '127.0.0.1')
    socket.write(
      `POST /ingest/v1/a HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\ncontent-length: 1000000\r\n\r\nx`,
      () => socket.destroy(),
    )
    expect((await post('after', png)).status).toBe(200)
  })
})

function form(images: readonly Buffer[]): FormData {
  const data = new FormData()
  images.forEach((image, index) =>
    data.append('image', new Blob([new Uint8Array(image)]), `${index}.bin`),
  )
  return data
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

function answerOn(socket: ReturnType<typeof connect>): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk) => (answer += String(chunk)))
    socket.on('end', () => {
      socket.destroy()
      resolve(answer)
    })
    socket.on('error', reject)
  })
}

/** Sends the path exactly as it is. */
function rawPost(port: number, path: string, token: string, body: Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n`,
  )
  socket.write(body)
  return answerOn(socket)
}
