import { create, fromJson, type JsonObject } from '@bufbuild/protobuf'
import { sizeDelimitedEncode } from '@bufbuild/protobuf/wire'
import { payloadRegistry } from '../../lib/envelope/payload-registry.ts'
import {
  BatchSchema,
  MessageSchema,
} from '../../proto/gen/com/reactivearchitecturecookbook/firehose-v1m0_pb.ts'
import type { StreamedMessage } from '../../workers/firehose/journal/read-messages.ts'
import type { StreamBatch } from './stream-batch.ts'

/**
 * Writes a batch as a `firehose.v1m0.Batch`, its size before it as a varint. The payloads come from their JSON, which is what
 * the journal holds.
 */
export function encodeProtobuf({ messages, lastOffset, end = '' }: StreamBatch): Uint8Array {
  const batch = create(BatchSchema, { messages: messages.map(toMessage), lastOffset, end })
  return sizeDelimitedEncode(BatchSchema, batch)
}

function toMessage({ offset, json }: StreamedMessage) {
  const rendered = JSON.parse(json.toString()) as JsonObject
  return fromJson(
    MessageSchema,
    { ...rendered, offset: offset.toString() },
    { registry: payloadRegistry },
  )
}
