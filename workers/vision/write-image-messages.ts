import { createHash } from 'node:crypto'
import { create } from '@bufbuild/protobuf'
import { anyPack, AnySchema, type Any } from '@bufbuild/protobuf/wkt'
import { visionMessageIdOf } from '../../lib/envelope/message-ids.ts'
import { writeEnvelope } from '../../lib/envelope/read-envelope.ts'
import type { OutgoingRecord } from '../../lib/kafka/create-producer.ts'
import { partitionFor } from '../../lib/kafka/partition-for.ts'
import { maxBatchBytesOf, recordBytes } from '../../lib/kafka/record-size.ts'
import { topics } from '../../lib/topology.ts'
import { continueTrace } from '../../lib/telemetry/trace-context.ts'
import { EnvelopeSchema } from '../../proto/gen/com/reactivearchitecturecookbook/envelope_pb.ts'
import { ImageProcessedSchema } from '../../proto/gen/com/reactivearchitecturecookbook/vision-v1m0_pb.ts'
import type { EngineDescription, PackedResult } from './inference-engine.ts'
import type { ImageWork } from './read-image-work.ts'

/** Why there are no results. */
export interface ImageFailure {
  readonly code: string
  readonly detail: string
}

/** How the work on an image ended, for all the versions asked for. */
export type ImageOutcome =
  { readonly results: readonly (readonly PackedResult[])[] } | { readonly failure: ImageFailure }

/** What is sent for an image. */
export interface ImageMessages {
  readonly records: readonly OutgoingRecord[]
  /** Of the first version that has one. */
  readonly failure: ImageFailure | undefined
}

/**
 * The records of one image for `vision-1`: of each version its results, then its terminal message. Deterministic to the
 * byte: the same image gives the same records. Results of a version that do not fit into a record become a failure.
 */
export function writeImageMessages(
  service: string,
  work: ImageWork,
  outcome: ImageOutcome,
  engine: EngineDescription,
): ImageMessages {
  const write = createWriter(service, work)
  const failures: ImageFailure[] = []
  const records = work.requests.flatMap(({ version }, index) => {
    const answers = 'results' in outcome ? (outcome.results[index] ?? []) : []
    const results = answers
      .filter(({ attached }) => !attached)
      .map((packed, ordinal) => write(version, ordinal, toAny(packed)))
    const failure = 'failure' in outcome ? outcome.failure : tooLarge(results)
    const sent = failure === undefined ? results : []
    const terminal = create(ImageProcessedSchema, {
      service,
      version,
      results: sent.length,
      models: engine.models.map((model) => ({ ...model })),
      executionProvider: engine.executionProvider,
      ...(failure === undefined ? {} : { failure }),
    })
    if (failure !== undefined) failures.push(failure)
    const payload = anyPack(ImageProcessedSchema, terminal)
    const attachment = failure === undefined ? answers.find(({ attached }) => attached) : undefined
    return [...sent, write(version, 'terminal', payload, attachment)]
  })
  return { records, failure: failures[0] }
}

function createWriter(service: string, { clientId, envelope }: ImageWork) {
  const { correlationId, token, imageId, ingestedAt, announcedImages, synthetic } = envelope
  const partition = partitionFor({ clientId, correlationId }, topics.vision.partitions)
  const traceparent = continueTrace(envelope.traceparent, derivedBytes(`${service}\n${imageId}`))
  return (
    version: string,
    ordinal: number | 'terminal',
    payload: Any,
    attachment?: PackedResult,
  ): OutgoingRecord => ({
    key: clientId,
    partition,
    value: writeEnvelope(
      create(EnvelopeSchema, {
        correlationId,
        token,
        payload,
        messageId: visionMessageIdOf({ imageId, service, version, ordinal }),
        imageId,
        announcedImages,
        synthetic,
        traceparent,
        ...(ingestedAt === undefined ? {} : { ingestedAt }),
        ...(attachment === undefined ? {} : { attachment: toAny(attachment) }),
      }),
    ),
  })
}

function toAny({ typeUrl, value }: PackedResult): Any {
  return create(AnySchema, { typeUrl, value })
}

/** Ids of a span that are the same when the image is worked on again. */
function derivedBytes(seed: string): (size: number) => Buffer {
  return (size) => createHash('sha256').update(`span\n${size}\n${seed}`).digest().subarray(0, size)
}

function tooLarge(records: readonly OutgoingRecord[]): ImageFailure | undefined {
  const largest = Math.max(0, ...records.map(recordBytes))
  if (largest <= maxBatchBytesOf(topics.vision.name)) return undefined
  return {
    code: 'result-too-large',
    detail: `a result of ${largest} bytes does not fit into a message`,
  }
}
