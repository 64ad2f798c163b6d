import { describe, expect, test } from '@jest/globals'
import { AnySchema, anyPack, timestampDate } from '@bufbuild/protobuf/wkt'
import { create, fromBinary, toJson } from '@bufbuild/protobuf'
import { sizeDelimitedPeek } from '@bufbuild/protobuf/wire'
import fc from 'fast-check'
import { encodeLine } from '../../../gateway/firehose/encode-line.ts'
import { encodeProtobuf } from '../../../gateway/firehose/encode-protobuf.ts'
import type { StreamBatch } from '../../../gateway/firehose/stream-batch.ts'
import { payloadRegistry } from '../../../lib/envelope/payload-registry.ts'
import { renderMessage } from '../../../lib/envelope/render-message.ts'
import { arbitraryMessage } from '../../../lib/protocol/arbitrary-message.ts'
import { EnvelopeSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/envelope_pb.ts'
import { BatchSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/firehose-v1m0_pb.ts'
import { topics } from '../../../lib/topology.ts'

const root = 'com.reactivearchitecturecookbook.'
const types = [...topics.vision.payloads, ...topics.summary.payloads]
const word = fc.stringMatching(/^[A-Za-z0-9._:-]{1,40}$/)

/** Any message that a client may get, rendered as the journal holds it. */
const streamedMessage = fc.constantFrom(...types).chain((type) => {
  const schema = payloadRegistry.getMessage(`${root}${type}`)
  if (schema === undefined) throw new Error(`there is no ${type}`)
  return fc
    .record({
      payload: arbitraryMessage(schema, { maxItems: 2, maxLength: 20 }),
      id: word,
      correlationId: word,
      imageId: fc.constantFrom('', 'f'.repeat(32)),
      journalled: fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }),
      offset: fc.bigInt(1n, 2n ** 63n - 1n),
    })
    .map(({ payload: message, id, correlationId, imageId, journalled, offset }) => {
      const payload = anyPack(schema, message)
      const envelope = create(EnvelopeSchema, { correlationId, imageId, messageId: id, payload })
      const rendered = renderMessage({ envelope, payload, ingestedAt: journalled }, journalled)
      return { offset, type, correlationId, json: Buffer.from(JSON.stringify({ id, ...rendered })) }
    })
})

const streamBatch: fc.Arbitrary<StreamBatch> = fc.record(
  {
    messages: fc.array(streamedMessage, { maxLength: 3 }),
    lastOffset: fc.bigInt(0n, 2n ** 63n - 1n),
    end: fc.constantFrom('token-expired', 'restart'),
  },
  { requiredKeys: ['messages', 'lastOffset'] },
)

describe('a batch', () => {
  test('is one line of JSON: its messages as the journal has them, each with its offset first', () => {
    fc.assert(
      fc.property(streamBatch, (batch) => {
        const text = encodeLine(batch).toString()
        expect(text.indexOf('\n')).toBe(text.length - 1)
        expect(JSON.parse(text)).toEqual({
          messages: batch.messages.map(({ offset, json }) => ({
            offset: offset.toString(),
            ...(JSON.parse(json.toString()) as object),
          })),
          lastOffset: batch.lastOffset.toString(),
          ...(batch.end !== undefined && { end: batch.end }),
        })
      }),
    )
  })

  test('says the same in both forms', () => {
    fc.assert(
      fc.property(streamBatch, (batch) => {
        const bytes = encodeProtobuf(batch)
        const { size, offset } = sizeDelimitedPeek(bytes)
        expect(bytes.length).toBe((offset ?? 0) + (size ?? 0))
        const decoded = fromBinary(BatchSchema, bytes.subarray(offset ?? 0))
        const line = JSON.parse(encodeLine(batch).toString()) as {
          messages: { timestamp: string; imageId?: string; data: unknown }[]
          lastOffset: string
          end?: string
        }
        expect({ last: decoded.lastOffset.toString(), end: decoded.end }).toEqual({
          last: line.lastOffset,
          end: line.end ?? '',
        })
        const options = { registry: payloadRegistry, alwaysEmitImplicit: true }
        const messages = decoded.messages.map(({ timestamp, data, ...message }) => ({
          offset: message.offset.toString(),
          ...{ id: message.id, type: message.type, correlationId: message.correlationId },
          ...(message.imageId !== '' && { imageId: message.imageId }),
          timestamp: timestamp && timestampDate(timestamp).toISOString(),
          data: data && toJson(AnySchema, data, options),
        }))
        expect(messages).toEqual(line.messages)
      }),
    )
  })
})
