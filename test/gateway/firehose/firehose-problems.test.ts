import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import {
  createTestFirehose,
  testMessages,
  type OpenOptions,
  type TestFirehose,
} from '../../support/firehose.ts'

describe('what POST /firehose/v1 refuses', () => {
  let firehose: TestFirehose
  beforeAll(async () => (firehose = await createTestFirehose()))
  afterAll(() => firehose.stop())

  async function refusal(token: string, options?: OpenOptions) {
    const { status, response, text } = await firehose.open(token, options)
    expect(response.headers['content-type']).toBe('application/problem+json')
    const { code, detail, oldestOffset } = JSON.parse(await text()) as Record<string, string>
    return { status, code, detail, oldestOffset, headers: response.headers }
  }

  async function createClient(count: number) {
    const clientId = randomUUID()
    if (count > 0) await firehose.append(clientId, testMessages(count))
    return firehose.token(clientId)
  }

  /** As retention removes them. */
  const removeOldest = (count: number) =>
    firehose.pool.query('DELETE FROM blocks WHERE last_offset <= $1', [count])

  test('a request without a token', async () => {
    const missing = await refusal('', { body: { lastOffset: -1 } })
    expect(missing).toMatchObject({ status: 401, code: 'token-missing' })
    expect(missing.headers['www-authenticate']).toBe('Bearer')
  })

  test('a token that is not valid, or has expired', async () => {
    const forged = await refusal('not.a.token')
    expect(forged).toMatchObject({ status: 401, code: 'token-invalid' })
    expect(forged.headers['www-authenticate']).toBe('Bearer error="invalid_token"')
    const old = { issuedAt: new Date(Date.now() - 3_600_000), lifetimeSeconds: 3_500 }
    const expired = await refusal(await firehose.token('client', old))
    expect(expired).toMatchObject({ status: 401, code: 'token-expired' })
  })

  test.each([
    ['no claim', { 'ingest-1.*': true }],
    ['a claim to another version', { 'firehose-2.*': true }],
    ['a malformed claim', { 'firehose-1.*': { maxRate: 'fast' } }],
  ])('a token with %s', async (_name, rights) => {
    const token = await firehose.token('client', { rights })
    const body = { lastOffset: 'nonsense' }
    expect(await refusal(token, { body })).toMatchObject({
      status: 403,
      code: 'firehose-not-authorised',
    })
  })

  test.each(['firehose-1.0', 'firehose-*'])('not a token with the claim %s', async (claim) => {
    const token = await firehose.token('client', { rights: { [claim]: true } })
    const stream = await firehose.open(token)
    expect(stream.status).toBe(200)
    stream.destroy()
  })

  test('a media type that the stream does not have', async () => {
    const headers = { accept: 'text/event-stream' }
    expect(await refusal(await createClient(0), { headers })).toMatchObject({
      status: 406,
      code: 'not-acceptable',
    })
  })

  test.each([
    ['lastOffset', -1],
    ['lastOffset', 1.5],
    ['lastOffset', '-1'],
    ['lastOffset', '1e3'],
    ['lastOffset', '99999999999999999999'],
    ['lastOffset', 'newest'],
    ['lastOffset', null],
    ['maxRate', 0],
    ['maxRate', '10'],
    ['maxBatch', 0],
    ['maxBatch', 1_001],
    ['maxBatch', 1.5],
    ['filters', []],
    ['filters', { types: 'ocr.v1m0.RecognizedText' }],
    ['filters', { correlationIds: [1] }],
    ['filters', { people: [] }],
    ['lastOfset', '0'],
  ])('%s that is %j', async (member, value) => {
    const found = await refusal(await createClient(0), { body: { [member]: value } })
    expect(found).toMatchObject({ status: 400, code: 'stream-request-invalid' })
    expect(found.detail).toContain(member)
  })

  test.each(['{', '[]', '"latest"', 'null'])('the body %s', async (body) => {
    expect(await refusal(await createClient(0), { body })).toMatchObject({
      status: 400,
      code: 'stream-request-invalid',
    })
  })

  test('a body over 64 KiB', async () => {
    const body = { filters: { correlationIds: ['x'.repeat(70_000)] } }
    expect(await refusal(await createClient(0), { body })).toMatchObject({ status: 413 })
  })

  test('an offset from the future', async () => {
    const token = await createClient(3)
    for (const lastOffset of ['4', '9223372036854775807', '9999999999999999999']) {
      expect(await refusal(token, { body: { lastOffset } })).toMatchObject({
        status: 400,
        code: 'offset-in-future',
      })
    }
  })

  test('an offset behind which something was removed, but not the one before the oldest', async () => {
    const clientId = randomUUID()
    for (const from of [1, 4]) await firehose.append(clientId, testMessages(3, from))
    const token = await firehose.token(clientId)
    await removeOldest(3)
    expect(await refusal(token, { body: { lastOffset: '2' } })).toMatchObject({
      status: 410,
      code: 'offset-removed',
      oldestOffset: '4',
    })
    for (const lastOffset of ['3', '0']) {
      const stream = await firehose.open(token, { body: { lastOffset } })
      expect(await stream.next()).toEqual({ messages: [], lastOffset: '3' })
      expect(await stream.messages(3)).toMatchObject([{ offset: '4' }, {}, {}])
      stream.destroy()
    }
  })

  test('another method', async () => {
    const address = `http://127.0.0.1:${firehose.port}/firehose/v1`
    for (const method of ['GET', 'HEAD', 'PUT']) {
      const response = await fetch(address, { method })
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
    }
  })
})
