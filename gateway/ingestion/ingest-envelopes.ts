import { create } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { imageIdOf, ingestMessageIdOf } from '../../lib/envelope/message-ids.ts'
import { packPayload } from '../../lib/envelope/payload-registry.ts'
import { writeEnvelope } from '../../lib/envelope/read-envelope.ts'
import { EnvelopeSchema } from '../../proto/gen/com/reactivearchitecturecookbook/envelope_pb.ts'
import { IngestedImageSchema } from '../../proto/gen/com/reactivearchitecturecookbook/ingest-v1m0_pb.ts'
import type { PostedImage } from './read-images.ts'

/** What all images of one POST have in common. */
export interface PostContext {
  readonly clientId: string
  readonly correlationId: string
  /** Exactly as presented. */
  readonly token: string
  /** The time for which the token was verified. */
  readonly ingestedAt: Date
  readonly traceparent: string
  /** 0 where the client announced nothing. */
  readonly announcedImages: number
  /** True for the system's own probe, by its claim. */
  readonly synthetic: boolean
}

/** An image with its id. */
export interface IdentifiedImage extends PostedImage {
  readonly imageId: string
}

/** Gives images their ids: the same for the same client, transaction and bytes. */
export function identifyImages(
  images: readonly PostedImage[],
  { clientId, correlationId }: PostContext,
): IdentifiedImage[] {
  return images.map((image) => ({
    ...image,
    imageId: imageIdOf({ clientId, correlationId, content: image.content }),
  }))
}

/** The value of the record with which an image is passed on. */
export function toEnvelopeBytes(image: IdentifiedImage, post: PostContext): Uint8Array {
  const { imageId, mimeType, content } = image
  return writeEnvelope(
    create(EnvelopeSchema, {
      correlationId: post.correlationId,
      token: post.token,
      payload: packPayload(IngestedImageSchema, create(IngestedImageSchema, { mimeType, content })),
      messageId: ingestMessageIdOf(imageId),
      imageId,
      ingestedAt: timestampFromDate(post.ingestedAt),
      traceparent: post.traceparent,
      announcedImages: post.announcedImages,
      synthetic: post.synthetic,
    }),
  )
}
