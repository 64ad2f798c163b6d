import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Any } from '@bufbuild/protobuf/wkt'
import { packPayload } from '../../lib/envelope/payload-registry.ts'
import { TransactionSummarySchema as SchemaV1m0 } from '../../proto/gen/com/reactivearchitecturecookbook/summary-v1m0_pb.ts'
import {
  TransactionSummarySchema as SchemaV1m1,
  type TransactionSummary,
} from '../../proto/gen/com/reactivearchitecturecookbook/summary-v1m1_pb.ts'
import { fitSummary } from './fit-summary.ts'

/** The first version that tells of agreements, and what it is a superset of. */
export const agreeingVersion = '1.1'

/**
 * A summary as a version of the protocol says it, in `maxBytes` at most: see `fitSummary`. The members that the version lacks are
 * left out before anything is left out for its size.
 */
export function packSummary(version: string, summary: TransactionSummary, maxBytes: number): Any {
  if (version === agreeingVersion) return packPayload(SchemaV1m1, fitSummary(summary, maxBytes))
  const fitting = fitSummary(create(SchemaV1m1, { ...summary, agreements: [] }), maxBytes)
  // What both have has the same numbers in both.
  return packPayload(SchemaV1m0, fromBinary(SchemaV1m0, toBinary(SchemaV1m1, fitting)))
}
