import { create, type DescMessage, type Message } from '@bufbuild/protobuf'
import { anyPack, timestampFromDate, type Any } from '@bufbuild/protobuf/wkt'
import { imageIdOf, visionMessageIdOf } from '../../lib/envelope/message-ids.ts'
import { packVector } from '../../lib/envelope/pack-vector.ts'
import { packPayload } from '../../lib/envelope/payload-registry.ts'
import { writeEnvelope } from '../../lib/envelope/read-envelope.ts'
import type { OutgoingRecord } from '../../lib/kafka/create-producer.ts'
import { partitionFor } from '../../lib/kafka/partition-for.ts'
import { topics } from '../../lib/topology.ts'
import { EnvelopeSchema } from '../../proto/gen/com/reactivearchitecturecookbook/envelope_pb.ts'
import { ExtractedFaceSchema } from '../../proto/gen/com/reactivearchitecturecookbook/faceextract-v1m1_pb.ts'
import { FaceTemplatesSchema } from '../../proto/gen/com/reactivearchitecturecookbook/identity-v1m0_pb.ts'
import { RecognizedTextSchema } from '../../proto/gen/com/reactivearchitecturecookbook/ocr-v1m0_pb.ts'
import { ImageProcessedSchema } from '../../proto/gen/com/reactivearchitecturecookbook/vision-v1m0_pb.ts'

/** An image of a test's transaction; `image` tells the images of a transaction apart. */
export interface TestImage {
  readonly clientId: string
  readonly correlationId: string
  readonly token: string
  readonly image: number
  readonly announced?: number
  readonly ingestedAt?: Date
}

/** The id of a test's image. */
export function testImageId({ clientId, correlationId, image }: TestImage): string {
  return imageIdOf({ clientId, correlationId, content: Buffer.from(String(image)) })
}

/** The maker of the templates of tests. */
export const testMaker = 'test/1'

/**
 * What `faceextract` 1.1 says of an image with this many faces: results, then the terminal message, with these templates of
 * the faces beside it, where there are any.
 */
export function createFaceRecords(
  image: TestImage,
  faces = 1,
  vectors: readonly Float32Array[] = [],
): OutgoingRecord[] {
  const results = Array.from({ length: faces }, (_, index) =>
    createRecord(image, ['faceextract', '1.1'], index, ExtractedFaceSchema, {
      mimeType: 'image/jpeg',
      content: new Uint8Array(100),
      index,
      boundingBox: { left: 10 * index, top: 2, width: 30, height: 40 },
      confidence: 0.95,
    }),
  )
  const templates = create(FaceTemplatesSchema, {
    maker: testMaker,
    templates: vectors.map((vector, index) => ({ index, vector: packVector(vector) })),
  })
  const attachment = vectors.length === 0 ? undefined : anyPack(FaceTemplatesSchema, templates)
  return [...results, createTerminalRecord(image, ['faceextract', '1.1'], faces, attachment)]
}

/** What `ocr` 1.0 says of an image: its text, where there is one, line by line, then the terminal message. */
export function createTextRecords(
  image: TestImage,
  text = `text ${image.image}`,
): OutgoingRecord[] {
  const service = ['ocr', '1.0'] as const
  if (text === '') return [createTerminalRecord(image, service, 0)]
  const lines = text.split('\n').map((line, index) => ({
    ...{ text: line, confidence: 0.9 },
    polygon: [0, 200, 200, 0].map((x, corner) => ({ x, y: 30 * index + (corner < 2 ? 0 : 20) })),
  }))
  return [
    createRecord(image, service, 0, RecognizedTextSchema, { text, lines }),
    createTerminalRecord(image, service, 1),
  ]
}

function createTerminalRecord(
  image: TestImage,
  of: readonly [service: string, version: string],
  results: number,
  attachment?: Any,
): OutgoingRecord {
  const [service, version] = of
  const members = { service, version, results }
  return createRecord(image, of, 'terminal', ImageProcessedSchema, members, attachment)
}

function createRecord(
  image: TestImage,
  [service, version]: readonly [string, string],
  ordinal: number | 'terminal',
  schema: DescMessage,
  message: Record<string, unknown>,
  attachment?: Any,
): OutgoingRecord {
  const imageId = testImageId(image)
  const envelope = create(EnvelopeSchema, {
    correlationId: image.correlationId,
    token: image.token,
    payload: packPayload(schema, create(schema, message) as Message),
    messageId: visionMessageIdOf({ imageId, service, version, ordinal }),
    imageId,
    ingestedAt: timestampFromDate(image.ingestedAt ?? new Date()),
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    announcedImages: image.announced ?? 0,
    ...(attachment === undefined ? {} : { attachment }),
  })
  return {
    key: image.clientId,
    partition: partitionFor(image, topics.vision.partitions),
    value: writeEnvelope(envelope),
  }
}
