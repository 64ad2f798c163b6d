import { fromBinary } from '@bufbuild/protobuf'
import { readEnvelope } from '../../lib/envelope/read-envelope.ts'
import { shortTypeName } from '../../lib/envelope/payload-registry.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import {
  TransactionSummarySchema,
  type TransactionSummary,
} from '../../proto/gen/com/reactivearchitecturecookbook/summary-v1m1_pb.ts'

const readableType = /^summary\.v1m[01]\.TransactionSummary$/

/**
 * Reads the record of a revision as the journal keeps it, of whichever version: the newest is a superset of those before. Throws
 * `IpsError('revision-unreadable')` for damaged bytes.
 */
export function readSummary(value: Uint8Array): TransactionSummary {
  try {
    const { payload } = readEnvelope(value)
    if (readableType.test(shortTypeName(payload.typeUrl)))
      return fromBinary(TransactionSummarySchema, payload.value)
  } catch (cause) {
    throw new IpsError('revision-unreadable', 'a former revision cannot be read', { cause })
  }
  throw new IpsError('revision-unreadable', 'a former revision is no summary')
}
