import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { create } from '@bufbuild/protobuf'
import { anyPack, timestampFromDate, type Any } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { writeEnvelope } from '../../../lib/envelope/read-envelope.ts'
import { arbitraryMessage } from '../../../lib/protocol/arbitrary-message.ts'
import type { TokenVerifier } from '../../../lib/token/verified-token.ts'
import { EnvelopeSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/envelope_pb.ts'
import { IngestedImageSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/ingest-v1m0_pb.ts'
import { ImageProcessedSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/vision-v1m0_pb.ts'
import { readImageWork } from '../../../workers/vision/read-image-work.ts'
import { createTestKeys, issueTestToken, type TestKeys } from '../../support/tokens.ts'
import { moody } from './moody-service.ts'

let keys: TestKeys
let verifier: TokenVerifier

beforeAll(async () => {
  keys = await createTestKeys()
  verifier = keys.createVerifier()
})

afterAll(() => keys.remove())

const image = anyPack(
  IngestedImageSchema,
  create(IngestedImageSchema, { content: Buffer.from('pixels') }),
)

function record(
  token: string,
  members: { payload?: Any; imageId?: string; ingestedAt?: Date } = {},
): Uint8Array {
  return writeEnvelope(
    create(EnvelopeSchema, {
      correlationId: 'case-1',
      messageId: 'b'.repeat(32),
      token,
      payload: members.payload ?? image,
      imageId: members.imageId ?? 'a'.repeat(32),
      ingestedAt: timestampFromDate(members.ingestedAt ?? new Date()),
    }),
  )
}

function read(value: Uint8Array, malformed: string[] = []) {
  return readImageWork(value, {
    service: moody,
    verifier,
    onMalformedClaim: (claim) => malformed.push(claim),
  })
}

const versionsFor = async (rights: Record<string, unknown>, malformed: string[] = []) => {
  const { requests } = await read(record(await issueTestToken(keys, { rights })), malformed)
  return requests
}

describe('readImageWork', () => {
  test('reads the image, whose it is, and what is asked for', async () => {
    const token = await issueTestToken(keys, {
      clientId: 'acme',
      rights: { 'moody-2.*': { minConfidence: 0.4 } },
    })
    const work = await read(record(token))
    expect(work.clientId).toBe('acme')
    expect(Buffer.from(work.content).toString()).toBe('pixels')
    expect(work.requests).toEqual([{ version: '2.0', settings: { minConfidence: 0.4 } }])
  })

  test.each([
    [{ 'moody-1.*': true }, ['1.1']],
    [{ 'moody-1.0': true }, ['1.0']],
    [{ 'moody-*': true }, ['2.0']],
    [
      { 'moody-1.0': true, 'moody-1.*': true, 'moody-2.0': true, 'moody-*': true },
      ['1.0', '1.1', '2.0'],
    ],
    [{ 'moody-3.*': true }, []],
    [{ 'moody-1.7': true }, []],
    [{ 'ocr-*': true }, []],
    [{}, []],
  ])('%j asks for %j', async (rights, versions) => {
    expect((await versionsFor(rights)).map(({ version }) => version)).toEqual(versions)
  })

  test.each([
    [{ 'moody-1.*': true, 'summary-1.*': true }, true],
    [{ 'moody-1.*': true, 'summary-1.*': { idleSeconds: 5 } }, true],
    [{ 'moody-1.*': true, 'summary-1.*': 'yes' }, false],
    [{ 'moody-1.*': true }, false],
  ])('%j asks for a summary: %j', async (rights, summarised) => {
    const token = await issueTestToken(keys, { rights })
    expect((await read(record(token))).summarised).toBe(summarised)
  })

  test('takes a claim with a malformed value for nothing, and says so', async () => {
    const malformed: string[] = []
    expect(await versionsFor({ 'moody-1.*': { surprise: true } }, malformed)).toEqual([])
    expect(malformed).toEqual(['moody-1.*'])
  })

  test('lets a broader claim serve a version whose own claim is malformed', async () => {
    const malformed: string[] = []
    const rights = { 'moody-1.1': 'yes', 'moody-1.*': { minConfidence: 0.5 } }
    expect(await versionsFor(rights, malformed)).toEqual([
      { version: '1.1', settings: { minConfidence: 0.5 } },
    ])
    expect(malformed).toEqual(['moody-1.1'])
  })

  test('checks the token for the time at which the image was ingested', async () => {
    const issuedAt = new Date('2026-11-24T06:00:00Z')
    const token = await issueTestToken(keys, {
      rights: { 'moody-1.0': true },
      issuedAt,
      lifetimeSeconds: 600,
    })
    const minutesLater = (minutes: number) => new Date(issuedAt.getTime() + minutes * 60_000)
    expect((await read(record(token, { ingestedAt: minutesLater(9) }))).requests).toHaveLength(1)
    await expect(read(record(token, { ingestedAt: minutesLater(12) }))).rejects.toMatchObject({
      code: 'token-expired',
      retryable: false,
    })
  })

  test('refuses a token that is none', async () => {
    await expect(read(record('nothing'))).rejects.toMatchObject({
      code: 'token-invalid',
      retryable: false,
    })
  })

  test('refuses a message that is no image, and an image without an id', async () => {
    const token = await issueTestToken(keys, { rights: { 'moody-1.0': true } })
    const other = anyPack(ImageProcessedSchema, create(ImageProcessedSchema))
    for (const members of [{ payload: other }, { imageId: '' }]) {
      await expect(read(record(token, members))).rejects.toMatchObject({
        code: 'payload-unexpected',
        retryable: false,
      })
    }
  })

  test('refuses damaged and arbitrary bytes with an error of its own', async () => {
    const wild = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      arbitraryMessage(EnvelopeSchema, {
        payloads: [IngestedImageSchema, ImageProcessedSchema],
      }).map(writeEnvelope),
    )
    await fc.assert(
      fc.asyncProperty(wild, async (value) => {
        await expect(read(value)).rejects.toMatchObject({ name: 'IpsError', retryable: false })
      }),
    )
  })
})
