import { partitionFor } from '../../lib/kafka/partition-for.ts'
import type { OutgoingRecord } from '../../lib/kafka/create-producer.ts'
import { maxRecordBytes, topics } from '../../lib/topology.ts'
import { createGate } from './create-gate.ts'
import { toEnvelopeBytes, type IdentifiedImage, type PostContext } from './ingest-envelopes.ts'

/** The part of a producer that is needed. */
export interface IngestProducer {
  send(topic: string, records: readonly OutgoingRecord[]): Promise<void>
}

/** Writes the images of a POST. */
export interface Publisher {
  /**
   * Resolves when Kafka has acknowledged all of them; rejects where one of them was not, though others may have been. Stops
   * before the next write when `signal` is aborted. Settles only when nothing more is under way.
   */
  publish(images: readonly IdentifiedImage[], post: PostContext, signal: AbortSignal): Promise<void>
}

/** The broker’s limit is on a batch of records; 1 MiB of it is left for the tokens of up to 32 images. */
const maxBatchBytes = maxRecordBytes - 1024 * 1024

/**
 * Creates a publisher that has at most `maxBytes` under way at a time: each byte is copied several times on its way to the
 * broker, so this bounds memory as well as the broker's queue.
 */
export function createPublisher({
  producer,
  maxBytes,
}: {
  producer: IngestProducer
  maxBytes: number
}): Publisher {
  const gate = createGate(maxBytes)
  return {
    async publish(images, post, signal) {
      const partition = partitionFor(post, topics.ingest.partitions)
      for (const batch of toBatches(images)) {
        await gate.run(sizeOf(batch), signal, () => {
          const values = batch.map((image) => toEnvelopeBytes(image, post))
          const records = values.map((value) => ({ key: post.clientId, partition, value }))
          return producer.send(topics.ingest.name, records)
        })
      }
    },
  }
}

/** Cuts images into batches that the broker takes, in their order. */
function toBatches(images: readonly IdentifiedImage[]): IdentifiedImage[][] {
  const batches: IdentifiedImage[][] = []
  let room = 0
  for (const image of images) {
    const last = batches.at(-1)
    if (last === undefined || image.content.length > room) {
      batches.push([image])
      room = maxBatchBytes
    } else last.push(image)
    room -= image.content.length
  }
  return batches
}

function sizeOf(batch: readonly IdentifiedImage[]): number {
  return batch.reduce((sum, { content }) => sum + content.length, 0)
}
