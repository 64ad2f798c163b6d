import { describe, expect, test } from '@jest/globals'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { anyUnpack } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { packSummary } from '../../../activities/summary/pack-summary.ts'
import { arbitraryMessage } from '../../../lib/protocol/arbitrary-message.ts'
import { payloadRegistry, shortTypeName } from '../../../lib/envelope/payload-registry.ts'
import { TransactionSummarySchema as SchemaV1m0 } from '../../../proto/gen/com/reactivearchitecturecookbook/summary-v1m0_pb.ts'
import { TransactionSummarySchema as SchemaV1m1 } from '../../../proto/gen/com/reactivearchitecturecookbook/summary-v1m1_pb.ts'

const plenty = 10_000_000

describe('a packed summary', () => {
  test('of version 1.0 has the bytes that a summary without agreements has', () => {
    fc.assert(
      fc.property(arbitraryMessage(SchemaV1m0), arbitraryMessage(SchemaV1m1), (old, other) => {
        const bytes = toBinary(SchemaV1m0, old)
        const { agreements } = other
        const summary = create(SchemaV1m1, { ...fromBinary(SchemaV1m1, bytes), agreements })
        const packed = packSummary('1.0', summary, plenty)
        expect(shortTypeName(packed.typeUrl)).toBe('summary.v1m0.TransactionSummary')
        expect(Buffer.from(packed.value)).toEqual(Buffer.from(bytes))
      }),
      { numRuns: 50 },
    )
  })

  test('of version 1.1 says all of it', () => {
    const summary = create(SchemaV1m1, { revision: 2, agreements: [{ text: 'Jane Miller' }] })
    const packed = packSummary('1.1', summary, plenty)
    expect(anyUnpack(packed, payloadRegistry)).toEqual(summary)
  })

  test('leaves nothing out for the size of members that its version lacks', () => {
    const text = 'x'.repeat(1_000)
    const summary = create(SchemaV1m1, { texts: [{ text }], agreements: [{ text }, { text }] })
    expect(anyUnpack(packSummary('1.0', summary, 1_500), SchemaV1m0)?.texts).toHaveLength(1)
    expect(anyUnpack(packSummary('1.1', summary, 1_500), SchemaV1m1)).toMatchObject({
      ...{ texts: [], agreements: [{ text }] },
    })
  })
})
