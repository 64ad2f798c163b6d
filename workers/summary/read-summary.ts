import { anyUnpack } from '@bufbuild/protobuf/wkt'
import { readEnvelope } from '../../lib/envelope/read-envelope.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'
import {
  TransactionSummarySchema,
  type TransactionSummary,
} from '../../proto/gen/com/reactivearchitecturecookbook/summary-v1m0_pb.ts'

/** Reads the record of a revision as the journal keeps it. Throws `IpsError('revision-unreadable')` for damaged bytes. */
export function readSummary(value: Uint8Array): TransactionSummary {
  try {
    const summary = anyUnpack(readEnvelope(value).payload, TransactionSummarySchema)
    if (summary !== undefined) return summary
  } catch (cause) {
    throw new IpsError('revision-unreadable', 'a former revision cannot be read', { cause })
  }
  throw new IpsError('revision-unreadable', 'a former revision is no summary')
}
