import { describe, expect, test } from '@jest/globals'
import { toBinary, toJson, type DescMessage } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { syntheticCount, syntheticMessage } from '../../../lib/protocol/synthetic-message.ts'
import { ExtractedFaceSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/faceextract-v1m1_pb.ts'
import { ExtractedFacesSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/faceextract-v2m0_pb.ts'
import { RecognizedTextSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/ocr-v1m0_pb.ts'

const schemas = fc.constantFrom<DescMessage>(
  ExtractedFaceSchema,
  ExtractedFacesSchema,
  RecognizedTextSchema,
)

describe('syntheticMessage', () => {
  test('is the same for the same seed, byte by byte', () => {
    fc.assert(
      fc.property(schemas, fc.string(), (schema, seed) => {
        const once = toBinary(schema, syntheticMessage(schema, seed))
        expect(toBinary(schema, syntheticMessage(schema, seed))).toEqual(once)
      }),
    )
  })

  test('is small, and has nothing that JSON cannot express', () => {
    fc.assert(
      fc.property(schemas, fc.string(), (schema, seed) => {
        const json = JSON.stringify(toJson(schema, syntheticMessage(schema, seed)))
        expect(json.length).toBeLessThan(4_096)
        expect(json).not.toMatch(/NaN|Infinity/)
      }),
    )
  })

  test('looks like a face', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(20), (seed, position) => {
        const face = toJson(
          ExtractedFaceSchema,
          syntheticMessage(ExtractedFaceSchema, seed, position),
          {
            alwaysEmitImplicit: true,
          },
        ) as { mimeType: string; index: number; confidence: number; landmarks: unknown[] }
        expect(face).toMatchObject({ mimeType: 'image/jpeg', index: position })
        expect(face).toHaveProperty('boundingBox.width')
        expect(face.landmarks).toHaveLength(5)
        expect(face.confidence).toBeGreaterThanOrEqual(0.7)
        expect(face.confidence).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('numbers the faces of a list', () => {
    fc.assert(
      fc.property(fc.string(), (seed) => {
        const { faces } = toJson(
          ExtractedFacesSchema,
          syntheticMessage(ExtractedFacesSchema, seed),
          {
            alwaysEmitImplicit: true,
          },
        ) as { faces: { index: number }[] }
        expect(faces.map(({ index }) => index)).toEqual(faces.map((_, index) => index))
      }),
    )
  })

  test('differs between seeds', () => {
    const texts = Array.from({ length: 50 }, (_, index) =>
      Buffer.from(
        toBinary(RecognizedTextSchema, syntheticMessage(RecognizedTextSchema, String(index))),
      ).toString('hex'),
    )
    expect(new Set(texts).size).toBeGreaterThan(45)
  })
})

describe('syntheticCount', () => {
  test('is within its bounds and reaches them', () => {
    const counts = Array.from({ length: 200 }, (_, index) => syntheticCount(String(index), 3))
    expect(new Set(counts)).toEqual(new Set([0, 1, 2, 3]))
  })
})
