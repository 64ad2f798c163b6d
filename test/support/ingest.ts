import { create } from '@bufbuild/protobuf'
import { anyPack, timestampFromDate } from '@bufbuild/protobuf/wkt'
import { imageIdOf, ingestMessageIdOf } from '../../lib/envelope/message-ids.ts'
import { writeEnvelope } from '../../lib/envelope/read-envelope.ts'
import type { OutgoingRecord } from '../../lib/kafka/create-producer.ts'
import { partitionFor } from '../../lib/kafka/partition-for.ts'
import { topics } from '../../lib/topology.ts'
import { EnvelopeSchema } from '../../proto/gen/com/reactivearchitecturecookbook/envelope_pb.ts'
import { IngestedImageSchema } from '../../proto/gen/com/reactivearchitecturecookbook/ingest-v1m0_pb.ts'

/** An image as ingestion takes it. */
export interface TestImage {
  readonly token: string
  readonly content: Uint8Array
  readonly clientId?: string
  readonly correlationId?: string
  readonly mimeType?: string
  readonly ingestedAt?: Date
  readonly announcedImages?: number
  readonly traceparent?: string
}

/** The record that ingestion writes for an image, and the image's id. */
export function ingestRecord(image: TestImage): { record: OutgoingRecord; imageId: string } {
  const { token, content, clientId = 'test-client', correlationId = 'case-1' } = image
  const imageId = imageIdOf({ clientId, correlationId, content })
  const payload = create(IngestedImageSchema, { mimeType: image.mimeType ?? 'image/jpeg', content })
  const envelope = create(EnvelopeSchema, {
    correlationId,
    token,
    payload: anyPack(IngestedImageSchema, payload),
    messageId: ingestMessageIdOf(imageId),
    imageId,
    ingestedAt: timestampFromDate(image.ingestedAt ?? new Date()),
    announcedImages: image.announcedImages ?? 0,
    traceparent: image.traceparent ?? '',
  })
  const partition = partitionFor({ clientId, correlationId }, topics.ingest.partitions)
  return { record: { key: clientId, partition, value: writeEnvelope(envelope) }, imageId }
}
