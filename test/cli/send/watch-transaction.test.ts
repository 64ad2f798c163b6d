import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { create, type DescMessage, type MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { watchTransaction } from '../../../cli/send/watch-transaction.ts'
import { packPayload } from '../../../lib/envelope/payload-registry.ts'
import { writeEnvelope } from '../../../lib/envelope/read-envelope.ts'
import type { RenderedMessage } from '../../../lib/envelope/render-message.ts'
import { partitionFor } from '../../../lib/kafka/partition-for.ts'
import { topics } from '../../../lib/topology.ts'
import { EnvelopeSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/envelope_pb.ts'
import { TransactionSummarySchema } from '../../../proto/gen/com/reactivearchitecturecookbook/summary-v1m0_pb.ts'
import { ImageProcessedSchema } from '../../../proto/gen/com/reactivearchitecturecookbook/vision-v1m0_pb.ts'
import { createTestKafka, type TestKafka } from '../../support/kafka.ts'

const transaction = { clientId: 'a', correlationId: 'case-1' }

describe('watchTransaction', () => {
  let kafka: TestKafka
  beforeAll(async () => (kafka = await createTestKafka()))
  afterAll(() => kafka.drop())

  function record<Desc extends DescMessage>(
    messageId: string,
    schema: Desc,
    message: MessageInitShape<Desc>,
    { clientId, correlationId } = transaction,
  ) {
    const envelope = create(EnvelopeSchema, {
      correlationId,
      messageId,
      imageId: 'i1',
      payload: packPayload(schema, create(schema, message)),
      ingestedAt: timestampFromDate(new Date()),
    })
    const partition = partitionFor(transaction, topics.vision.partitions)
    return { key: clientId, partition, value: writeEnvelope(envelope) }
  }

  test('reports each message of the transaction once, from its start on, until all is there', async () => {
    const done = { service: 'ocr', version: '1.0' }
    await kafka.send(topics.vision.name, [record('before', ImageProcessedSchema, done)])
    const messages: RenderedMessage[] = []
    const watch = await watchTransaction({
      kafka: kafka.options,
      clientId: 'a',
      transactionId: 'case-1',
      onMessage: (message) => messages.push(message),
    })
    try {
      const other = { clientId: 'b', correlationId: 'case-1' }
      await kafka.send(topics.vision.name, [
        record('m1', ImageProcessedSchema, done, other),
        record('m2', ImageProcessedSchema, done),
        record('m2', ImageProcessedSchema, done),
      ])
      await kafka.send(topics.summary.name, [
        record('m3', TransactionSummarySchema, { revision: 1 }),
      ])
      const summaries = ['summary.v1m0.TransactionSummary']
      await watch.until(['i1'], { terminals: ['ocr/1.0'], summaries }, 40_000)
      const both = [...summaries, 'summary.v1m1.TransactionSummary']
      const waiting = watch.until(['i1'], { terminals: [], summaries: both }, 1)
      await expect(waiting).rejects.toMatchObject({ code: 'send-timed-out' })
    } finally {
      await watch.stop()
    }
    expect(messages.map(({ type }) => type).sort()).toEqual([
      'summary.v1m0.TransactionSummary',
      'vision.v1m0.ImageProcessed',
    ])
  })

  test('gives up in the end', async () => {
    const watch = await watchTransaction({
      kafka: kafka.options,
      clientId: 'a',
      transactionId: 'case-2',
      onMessage: () => undefined,
    })
    const waiting = watch.until(['i1'], { terminals: ['ocr/1.0'], summaries: [] }, 1)
    await expect(waiting).rejects.toMatchObject({ code: 'send-timed-out' })
    await watch.stop()
  })
})
