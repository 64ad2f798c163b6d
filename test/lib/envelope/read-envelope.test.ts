import { describe, expect, it } from '@jest/globals'
import { create } from '@bufbuild/protobuf'
import { timestampNow } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { packPayload } from '../../../lib/envelope/payload-registry.ts'
import { readEnvelope, writeEnvelope } from '../../../lib/envelope/read-envelope.ts'
import { EnvelopeSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/envelope_pb.ts'
import { IngestedImageSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/ingest-v1m0_pb.ts'

const image = create(IngestedImageSchema, {
  mimeType: 'image/png',
  content: new Uint8Array([1, 2, 3]),
})
const members = {
  correlationId: 'case-17',
  token: 'e30.e30',
  payload: packPayload(IngestedImageSchema, image),
  messageId: 'a'.repeat(32),
  imageId: 'b'.repeat(32),
  ingestedAt: timestampNow(),
}
const complete = create(EnvelopeSchema, members)

function readOrCode(bytes: Uint8Array): string {
  try {
    return readEnvelope(bytes).envelope.correlationId
  } catch (error) {
    if (error instanceof IpsError) return error.code
    throw error
  }
}

describe('readEnvelope', () => {
  it('reads what writeEnvelope wrote', () => {
    expect(readEnvelope(writeEnvelope(complete)).envelope).toEqual(complete)
  })

  it('refuses an envelope without a member that every envelope has', () => {
    for (const missing of ['correlationId', 'messageId', 'payload', 'ingestedAt'] as const) {
      const { [missing]: _removed, ...rest } = members
      expect(readOrCode(writeEnvelope(create(EnvelopeSchema, rest)))).toBe('envelope-malformed')
    }
  })

  it('survives arbitrary bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 500 }),
        (bytes) => typeof readOrCode(bytes) === 'string',
      ),
    )
  })

  it('survives mutated envelopes', () => {
    const bytes = writeEnvelope(complete)
    const mutation = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255))
    fc.assert(
      fc.property(
        fc.array(mutation, { minLength: 1, maxLength: 8 }),
        fc.nat(bytes.length),
        (mutations, length) => {
          const mutated = bytes.slice(0, length)
          for (const [position, value] of mutations)
            if (position < length) mutated[position] = value
          return typeof readOrCode(mutated) === 'string'
        },
      ),
      { numRuns: 2_000 },
    )
  })
})
