import { describe, expect, it } from '@jest/globals'
import { create } from '@bufbuild/protobuf'
import { timestampNow } from '@bufbuild/protobuf/wkt'
import { packPayload } from '../../../lib/envelope/payload-registry.ts'
import { readEnvelope, writeEnvelope } from '../../../lib/envelope/read-envelope.ts'
import { renderMessage } from '../../../lib/envelope/render-message.ts'
import { EnvelopeSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/envelope_pb.ts'
import { FaceTemplatesSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/identity-v1m0_pb.ts'
import { ImageProcessedSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/vision-v1m0_pb.ts'
import { ExtractedFaceSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/faceextract-v1m1_pb.ts'

const root = 'type.googleapis.com/com.reactivearchitecturecookbook.'

describe('renderMessage', () => {
  it('writes the protocol’s JSON with its zero values', () => {
    const face = create(ExtractedFaceSchema, {
      mimeType: 'image/jpeg',
      boundingBox: { width: 3, height: 4 },
    })
    const envelope = create(EnvelopeSchema, {
      correlationId: 'case-17',
      messageId: 'a'.repeat(32),
      imageId: 'b'.repeat(32),
      payload: packPayload(ExtractedFaceSchema, face),
      ingestedAt: timestampNow(),
    })
    const rendered = renderMessage(
      readEnvelope(writeEnvelope(envelope)),
      new Date('2026-11-24T06:00:00.123Z'),
    )
    expect(rendered).toEqual({
      type: 'faceextract.v1m1.ExtractedFace',
      timestamp: '2026-11-24T06:00:00.123Z',
      correlationId: 'case-17',
      imageId: 'b'.repeat(32),
      data: {
        '@type': `${root}faceextract.v1m1.ExtractedFace`,
        mimeType: 'image/jpeg',
        content: '',
        index: 0,
        boundingBox: { left: 0, top: 0, width: 3, height: 4 },
        confidence: 0,
        landmarks: [],
        imageWidth: 0,
        imageHeight: 0,
      },
    })
  })

  it('shows nothing of what services attach for each other', () => {
    const templates = create(FaceTemplatesSchema, {
      maker: 'maker',
      templates: [{ index: 0, vector: new Uint8Array(8).fill(7) }],
    })
    const envelope = create(EnvelopeSchema, {
      correlationId: 'case-17',
      messageId: 'a'.repeat(32),
      payload: packPayload(ImageProcessedSchema, create(ImageProcessedSchema, { version: '1.1' })),
      ingestedAt: timestampNow(),
      attachment: packPayload(FaceTemplatesSchema, templates),
    })
    const complete = readEnvelope(writeEnvelope(envelope))
    const { attachment: _attachment, ...plain } = complete.envelope
    const now = new Date()
    expect(complete.envelope.attachment).toBeDefined()
    expect(renderMessage(complete, now)).toEqual(
      renderMessage({ ...complete, envelope: create(EnvelopeSchema, plain) }, now),
    )
    expect(JSON.stringify(renderMessage(complete, now))).not.toMatch(/maker|BwcHBw/)
  })

  it('refuses a payload of an unknown type', () => {
    const envelope = create(EnvelopeSchema, {
      correlationId: 'case-17',
      messageId: 'a'.repeat(32),
      payload: { typeUrl: `${root}unknown.v1m0.Nothing`, value: new Uint8Array() },
      ingestedAt: timestampNow(),
    })
    expect(() => renderMessage(readEnvelope(writeEnvelope(envelope)), new Date())).toThrow(
      expect.objectContaining({ code: 'payload-unknown' }),
    )
  })
})
