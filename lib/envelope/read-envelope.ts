import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { timestampDate, type Any } from '@bufbuild/protobuf/wkt'
import { IpsError } from '../errors/ips-error.ts'
import {
  EnvelopeSchema,
  type Envelope,
} from '../../proto/gen/com/reactivearchitecturecookbook/envelope_pb.ts'

/** An envelope whose members were all there. */
export interface CompleteEnvelope {
  readonly envelope: Envelope
  readonly payload: Any
  readonly ingestedAt: Date
}

/**
 * Reads the value of a record. Throws `IpsError('envelope-malformed')`, not retryable, for bytes that are no envelope or
 * lack what every envelope has. The result's bytes alias the input.
 */
export function readEnvelope(value: Uint8Array): CompleteEnvelope {
  const envelope = decode(value)
  const { correlationId, messageId, payload, ingestedAt } = envelope
  const date = ingestedAt === undefined ? undefined : timestampDate(ingestedAt)
  if (
    correlationId === '' ||
    messageId === '' ||
    payload === undefined ||
    date === undefined ||
    Number.isNaN(date.getTime())
  ) {
    throw new IpsError('envelope-malformed', 'the record lacks a member that every envelope has')
  }
  return { envelope, payload, ingestedAt: date }
}

/** The value of a record. */
export function writeEnvelope(envelope: Envelope): Uint8Array {
  return toBinary(EnvelopeSchema, envelope)
}

function decode(value: Uint8Array): Envelope {
  try {
    return fromBinary(EnvelopeSchema, value)
  } catch (cause) {
    throw new IpsError('envelope-malformed', 'the record is not an envelope', { cause })
  }
}
