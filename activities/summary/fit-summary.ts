import { create, toBinary } from '@bufbuild/protobuf'
import {
  TransactionSummarySchema,
  type TransactionSummary,
} from '../../proto/gen/com/reactivearchitecturecookbook/summary-v1m0_pb.ts'

/**
 * Leaves out the longest texts until the summary is at most `maxBytes` long. Each text has come in a message of its own,
 * so nothing is lost; a record that is too long would never be taken by Kafka.
 */
export function fitSummary(summary: TransactionSummary, maxBytes: number): TransactionSummary {
  let excess = toBinary(TransactionSummarySchema, summary).byteLength - maxBytes
  if (excess <= 0) return summary
  const longestFirst = summary.texts.toSorted((a, b) => b.text.length - a.text.length)
  const left = new Set(summary.texts)
  for (const text of longestFirst) {
    if (excess <= 0) break
    left.delete(text)
    excess -= Buffer.byteLength(text.text)
  }
  return create(TransactionSummarySchema, {
    ...summary,
    texts: summary.texts.filter((text) => left.has(text)),
  })
}
