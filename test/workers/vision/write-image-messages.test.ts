import { describe, expect, test } from '@jest/globals'
import { create, type DescMessage } from '@bufbuild/protobuf'
import { anyIs, anyPack, anyUnpack, timestampFromDate } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { readEnvelope } from '../../../lib/envelope/read-envelope.ts'
import { arbitraryMessage } from '../../../lib/protocol/arbitrary-message.ts'
import { maxBatchBytesOf } from '../../../lib/kafka/record-size.ts'
import { EnvelopeSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/envelope_pb.ts'
import { ExtractedFaceSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/faceextract-v1m1_pb.ts'
import { RecognizedTextSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/ocr-v1m0_pb.ts'
import { ImageProcessedSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/vision-v1m0_pb.ts'
import type { PackedResult } from '../../../workers/vision/inference-engine.ts'
import type { ImageWork } from '../../../workers/vision/read-image-work.ts'
import {
  writeImageMessages,
  type ImageOutcome,
} from '../../../workers/vision/write-image-messages.ts'

const engine = { models: [{ name: 'm', sha256: 'f'.repeat(64) }], executionProvider: 'cpu' }

function workFor(versions: readonly string[], traceparent = ''): ImageWork {
  const envelope = create(EnvelopeSchema, {
    correlationId: 'case-1',
    token: 'the.token',
    messageId: 'b'.repeat(32),
    imageId: 'a'.repeat(32),
    ingestedAt: timestampFromDate(new Date('2026-11-24T06:00:00Z')),
    traceparent,
    announcedImages: 3,
    synthetic: true,
  })
  const requests = versions.map((version) => ({ version, settings: true }))
  return { clientId: 'client', envelope, content: Buffer.alloc(0), requests, summarised: false }
}

const packed = fc
  .constantFrom<DescMessage>(ExtractedFaceSchema, RecognizedTextSchema)
  .chain((schema) => arbitraryMessage(schema).map((message) => anyPack(schema, message)))
  .map(({ typeUrl, value }): PackedResult => ({ typeUrl, value }))

const images = fc
  .uniqueArray(fc.constantFrom('1.0', '1.1', '2.0', '3.0'), { minLength: 1 })
  .chain((versions) =>
    fc.record({
      versions: fc.constant(versions),
      results: fc.tuple(...versions.map(() => fc.array(packed, { maxLength: 4 }))),
      traceparent: fc.constantFrom(
        '',
        'damaged',
        '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      ),
    }),
  )

describe('writeImageMessages', () => {
  test('gives each version its results and then exactly one terminal message', () => {
    fc.assert(
      fc.property(images, ({ versions, results, traceparent }) => {
        const { records, failure } = writeImageMessages(
          'faceextract',
          workFor(versions, traceparent),
          { results },
          engine,
        )
        const read = records.map(({ value }) => readEnvelope(value))
        const expected = versions.flatMap((version, index) => [
          ...(results[index] ?? []).map(({ typeUrl, value }) => ({ typeUrl, value })),
          { version, results: results[index]?.length ?? 0 },
        ])
        expect(failure).toBeUndefined()
        expect(read).toHaveLength(expected.length)
        for (const [index, { payload }] of read.entries()) {
          const terminal = anyUnpack(payload, ImageProcessedSchema)
          expect(terminal ?? payload).toMatchObject(expected[index] ?? {})
        }
      }),
    )
  })

  test('gives the same bytes for the same image, and every message an id of its own', () => {
    fc.assert(
      fc.property(images, ({ versions, results, traceparent }) => {
        const write = () =>
          writeImageMessages('faceextract', workFor(versions, traceparent), { results }, engine)
        expect(write()).toEqual(write())
        const ids = write().records.map(({ value }) => readEnvelope(value).envelope.messageId)
        expect(new Set(ids).size).toBe(ids.length)
      }),
    )
  })

  test('passes on what the next services need', () => {
    const { records } = writeImageMessages('ocr', workFor(['1.0']), { results: [[]] }, engine)
    const [record] = records
    expect(record).toMatchObject({ key: 'client' })
    expect(readEnvelope(record?.value ?? Buffer.alloc(0)).envelope).toMatchObject({
      correlationId: 'case-1',
      token: 'the.token',
      imageId: 'a'.repeat(32),
      announcedImages: 3,
      synthetic: true,
    })
  })

  test('sends what is attached beside the terminal message of its version, and nowhere else', () => {
    const result: PackedResult = { typeUrl: 'x/y', value: Buffer.of(1) }
    const attached: PackedResult = { typeUrl: 'x/z', value: Buffer.of(2), attached: true }
    const results = [[result, attached, result], [result]]
    const { records } = writeImageMessages('ocr', workFor(['1.0', '1.1']), { results }, engine)
    const read = records.map(({ value }) => readEnvelope(value))
    expect(read.map(({ envelope }) => envelope.attachment?.typeUrl)).toEqual([
      undefined,
      undefined,
      'x/z',
      undefined,
      undefined,
    ])
    expect(read[2]?.envelope.attachment?.value).toEqual(Buffer.of(2))
    expect(read[2] && anyUnpack(read[2].payload, ImageProcessedSchema)).toMatchObject({
      results: 2,
    })
    const ids = new Set(read.map(({ envelope }) => envelope.messageId))
    expect(ids.size).toBe(read.length)
  })

  test('says of a failure what it is, and which models failed', () => {
    const outcome: ImageOutcome = { failure: { code: 'image-damaged', detail: 'cut off' } }
    const { records, failure } = writeImageMessages('ocr', workFor(['1.0', '1.1']), outcome, engine)
    expect(failure).toEqual(outcome.failure)
    const terminals = records.map(({ value }) =>
      anyUnpack(readEnvelope(value).payload, ImageProcessedSchema),
    )
    expect(terminals).toMatchObject([
      { service: 'ocr', version: '1.0', results: 0, failure: outcome.failure, ...engine },
      { service: 'ocr', version: '1.1', results: 0, failure: outcome.failure, ...engine },
    ])
  })

  test('replaces the results of a version by a failure where one is too large, and only of that', () => {
    const result = (bytes: number): PackedResult => ({ typeUrl: 'x/y', value: Buffer.alloc(bytes) })
    const results = [[result(10), result(maxBatchBytesOf('vision-1'))], [result(10)]]
    const { records, failure } = writeImageMessages(
      'ocr',
      workFor(['1.0', '1.1']),
      { results },
      engine,
    )
    expect(failure).toMatchObject({ code: 'result-too-large' })
    const payloads = records.map(({ value }) => readEnvelope(value).payload)
    expect(payloads.map((payload) => anyIs(payload, ImageProcessedSchema))).toEqual([
      true,
      false,
      true,
    ])
  })
})
