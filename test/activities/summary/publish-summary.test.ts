import { describe, expect, test } from '@jest/globals'
import { fromBinary } from '@bufbuild/protobuf'
import { anyUnpack, timestampDate } from '@bufbuild/protobuf/wkt'
import {
  createSummaryActivities,
  type DecidedRevision,
  type SummaryActivitiesDependencies,
} from '../../../activities/summary/publish-summary.ts'
import { summaryMessageIdOf } from '../../../lib/envelope/message-ids.ts'
import { shortTypeName } from '../../../lib/envelope/payload-registry.ts'
import { IpsError } from '../../../lib/errors/ips-error.ts'
import { traceIdOf } from '../../../lib/telemetry/trace-context.ts'
import { maxRecordBytes } from '../../../lib/topology.ts'
import { EnvelopeSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/envelope_pb.ts'
import { TransactionSummarySchema } from '../../../proto/gen/com/reactivearchitecturecookbook/summary-v1m0_pb.ts'

const input = { clientId: 'c', correlationId: 't', revision: 2, decidedAtMs: 1_800_000_000_000 }
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const tokenIngestedAt = new Date('2026-11-24T06:00:00Z')

/** Dependencies that write down what they are asked for. */
function createRecorder(found = true, token = 'the.token', versions = ['1.0']) {
  const events: string[] = []
  const values: Uint8Array[] = []
  const failure: { error?: Error } = {}
  const dependencies: SummaryActivitiesDependencies = {
    async decideRevision(_key, revision, compose) {
      events.push('decide')
      if (!found) return null
      const composed = await compose({
        announced: 0,
        windowStart: tokenIngestedAt,
        token,
        tokenIngestedAt,
        traceparent,
        synthetic: true,
        identityThreshold: 0.42,
        versions,
        images: [{ imageId: '1', expected: ['ocr/1.0'], answered: [] }],
        messages: [],
        templates: [],
        formerPeople: [],
      })
      return { revision, messages: 7, ...composed }
    },
    writeSummary(_key, value) {
      if (failure.error !== undefined) return Promise.reject(failure.error)
      events.push('write')
      values.push(value)
      return Promise.resolve()
    },
    extendWindow(_key, untilMs) {
      events.push(`extend to ${untilMs}`)
      return Promise.resolve()
    },
    markPublished() {
      events.push('mark')
      return Promise.resolve()
    },
    onPublished: (_input: unknown, decided: DecidedRevision) => {
      events.push(decided.outcome)
    },
    onUnusable: (_key: unknown, { code }: IpsError) => void events.push(code),
  }
  const failWith = (error: Error) => void (failure.error = error)
  return { events, values, failWith, activities: createSummaryActivities(dependencies) }
}

describe('publishSummary', () => {
  test('decides first, then writes, then marks', async () => {
    const { events, activities } = createRecorder()
    const decided = await activities.publishSummary(input)
    expect(decided).toEqual({ outcome: 'partial', revision: 2, messages: 7 })
    expect(events).toEqual(['decide', 'write', 'mark', 'partial'])
  })

  test('decides nothing that Kafka would never take', async () => {
    const { events, activities } = createRecorder(true, 'x'.repeat(maxRecordBytes))
    await expect(activities.publishSummary(input)).rejects.toMatchObject({
      type: 'record-too-large',
      nonRetryable: true,
    })
    expect(events).toEqual(['decide', 'record-too-large'])
    const { activities: fitting } = createRecorder(true, 'x'.repeat(12 * 1024))
    await expect(fitting.publishSummary(input)).resolves.toBeDefined()
  })

  test('writes an envelope that verifies like the images’ own', async () => {
    const { values, activities } = createRecorder()
    await activities.publishSummary(input)
    const envelope = fromBinary(EnvelopeSchema, values[0] ?? new Uint8Array())
    expect(envelope).toMatchObject({
      correlationId: 't',
      imageId: '',
      token: 'the.token',
      synthetic: true,
      messageId: summaryMessageIdOf({ ...input, version: '1.0' }),
    })
    expect(envelope.ingestedAt && timestampDate(envelope.ingestedAt)).toEqual(tokenIngestedAt)
    expect(traceIdOf(envelope.traceparent)).toBe(traceIdOf(traceparent))
    const summary = envelope.payload && anyUnpack(envelope.payload, TransactionSummarySchema)
    expect(summary).toMatchObject({ revision: 2, missing: [{ imageId: '1', service: 'ocr' }] })
  })

  test('writes each version that the tokens ask for, under an id of its own, as one revision', async () => {
    const { values, events, activities } = createRecorder(true, 'the.token', ['1.0', '1.1'])
    await activities.publishSummary(input)
    expect(events).toEqual(['decide', 'write', 'write', 'mark', 'partial'])
    const envelopes = values.map((value) => fromBinary(EnvelopeSchema, value))
    expect(envelopes.map(({ payload }) => shortTypeName(payload?.typeUrl ?? ''))).toEqual([
      'summary.v1m0.TransactionSummary',
      'summary.v1m1.TransactionSummary',
    ])
    expect(envelopes.map(({ messageId }) => messageId)).toEqual(
      ['1.0', '1.1'].map((version) => summaryMessageIdOf({ ...input, version })),
    )
  })

  test('fails for good where no other try helps, and only there, and says so', async () => {
    const { events, activities, failWith } = createRecorder()
    failWith(new IpsError('record-too-large', 'it does not fit'))
    await expect(activities.publishSummary(input)).rejects.toMatchObject({
      type: 'record-too-large',
      nonRetryable: true,
    })
    failWith(new IpsError('kafka-unavailable', 'not now', { retryable: true }))
    await expect(activities.publishSummary(input)).rejects.toMatchObject({
      type: 'kafka-unavailable',
      nonRetryable: false,
    })
    failWith(new TypeError('content is null'))
    await expect(activities.publishSummary(input)).rejects.toMatchObject({
      type: 'transaction-unusable',
      nonRetryable: true,
      cause: { message: 'content is null' },
    })
    expect(events.filter((event) => event !== 'decide')).toEqual([
      'record-too-large',
      'transaction-unusable',
    ])
  })

  test('tells the journal of a window that an operator has made longer', async () => {
    const { events, activities } = createRecorder()
    await activities.noteExtension({ clientId: 'c', correlationId: 't', untilMs: 17 })
    expect(events).toEqual(['extend to 17'])
  })

  test('says that there is nothing to publish where the journal is gone', async () => {
    const { events, activities } = createRecorder(false)
    expect(await activities.publishSummary(input)).toBeNull()
    expect(events).toEqual(['decide'])
  })
})
