import { toJson, type JsonValue } from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import { IpsError } from '../errors/ips-error.ts'
import { payloadRegistry, shortTypeName } from './payload-registry.ts'
import type { CompleteEnvelope } from './read-envelope.ts'

/** A message as clients see it, in webhooks and in the firehose. */
export interface RenderedMessage {
  readonly type: string
  /** RFC 3339. */
  readonly timestamp: string
  readonly correlationId: string
  /** Absent in a summary. */
  readonly imageId?: string
  readonly data: JsonValue
}

/**
 * Renders a message by the protocol's own JSON mapping, zero values written out. `timestamp` is when the record was written:
 * webhooks and the firehose say the same. Throws `IpsError('payload-unknown')`, not retryable, for a payload of an unknown type or
 * with damaged bytes.
 */
export function renderMessage(
  { envelope, payload }: CompleteEnvelope,
  timestamp: Date,
): RenderedMessage {
  return {
    type: shortTypeName(payload.typeUrl),
    timestamp: timestamp.toISOString(),
    correlationId: envelope.correlationId,
    ...(envelope.imageId === '' ? {} : { imageId: envelope.imageId }),
    data: renderPayload(payload),
  }
}

function renderPayload(payload: CompleteEnvelope['payload']): JsonValue {
  try {
    return toJson(AnySchema, payload, { registry: payloadRegistry, alwaysEmitImplicit: true })
  } catch (cause) {
    throw new IpsError('payload-unknown', `${shortTypeName(payload.typeUrl)} cannot be rendered`, {
      cause,
    })
  }
}
