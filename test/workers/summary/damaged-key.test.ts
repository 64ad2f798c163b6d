import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { rename, writeFile } from 'node:fs/promises'
import type { Client } from '@temporalio/client'
import { replayDeadLetters } from '../../../cli/dead-letters/dead-letters.ts'
import { clientKeysFolder } from '../../../lib/client-keys/create-client-keys.ts'
import { keyFileOf } from '../../../lib/client-keys/key-file.ts'
import { createTemporalClient } from '../../../lib/temporal/connect-temporal.ts'
import { topics } from '../../../lib/topology.ts'
import { State } from '../../../proto/gen/com/reactivearchitecturecookbook/summary-v1m0_pb.ts'
import { retryNowSignal } from '../../../workflows/messages.ts'
import {
  completeNowSignal,
  transactionStatusQuery,
} from '../../../workflows/transaction/transaction-messages.ts'
import { transactionWorkflowId } from '../../../workflows/transaction/transaction-start-options.ts'
import { createSummaryFixture, type SummaryFixture } from '../../support/summary.ts'
import { until } from '../../support/until.ts'
import {
  createFaceRecords,
  createTextRecords,
  type TestImage,
} from '../../support/vision-messages.ts'

let fixture: SummaryFixture
let client: Client

beforeAll(async () => {
  fixture = await createSummaryFixture()
  await fixture.start()
  client = createTemporalClient({
    address: process.env['TEMPORAL_ADDRESS'] ?? '',
    namespace: 'default',
  })
}, 60_000)

afterAll(async () => {
  await client.connection.close()
  await fixture.drop()
})

const send = (image: TestImage) =>
  fixture.kafka.send(topics.vision.name, [...createFaceRecords(image), ...createTextRecords(image)])

/** The images of a transaction of two. */
async function createTransaction(clientId: string): Promise<(image: number) => TestImage> {
  const correlationId = `case:${randomUUID()}`
  const token = await fixture.issueToken(clientId, { idleSeconds: 3_600 })
  return (image) => ({ ...{ clientId, correlationId, token, image }, announced: 2 })
}

const workflowOf = (image: TestImage) => client.workflow.getHandle(transactionWorkflowId(image))
const statusOf = (image: TestImage) =>
  workflowOf(image)
    .query(transactionStatusQuery)
    .catch(() => undefined)

test('a damaged key fails the transactions of its client alone, visibly, and nothing is lost', async () => {
  const clientId = randomUUID()
  const image = await createTransaction(clientId)
  const { correlationId } = image(1)
  await send(image(1))
  await until('its first image is there', async () => {
    return (await statusOf(image(1)))?.completeImages === 1
  })
  const file = keyFileOf(clientKeysFolder(fixture.keys.directory, 'summary'), clientId)
  await rename(file, `${file}-backup`)
  await writeFile(file, 'damaged')
  const letters = await fixture.kafka.watch('dead-letter-1')
  const probe = await createTransaction(clientId)
  await until('what comes is put aside', async () => {
    await send(probe(1))
    return letters.records.length > 0
  })
  await send(image(2))
  const others = await Promise.all(
    Array.from({ length: 12 }, () => createTransaction(randomUUID())),
  )
  for (const other of others) {
    await send(other(1))
    await send(other(2))
  }
  for (const other of others) {
    const [complete] = await fixture.untilRevision(other(1).correlationId, 1)
    expect(complete?.summary.state).toBe(State.COMPLETE)
  }
  for (const { key, headers } of letters.records) {
    expect(key).toBe(clientId)
    expect(headers['reason-code']?.toString()).toBe('client-key-damaged')
  }
  await workflowOf(image(1)).signal(completeNowSignal)
  const failure = await until('it has failed', async () => (await statusOf(image(1)))?.failure)
  expect(failure).toMatchObject({ code: 'client-key-damaged' })
  expect(failure.message).toContain(file)

  await rename(`${file}-backup`, file)
  await until('it is published', async () => {
    await replayDeadLetters(fixture.kafka.options, { clientId, reason: 'client-key-damaged' })
    await workflowOf(image(1))
      .signal(retryNowSignal)
      .catch(() => undefined)
    return (await statusOf(image(1)))?.completeImages === 2
  })
  const published = await fixture.untilRevision(correlationId, 1)
  expect(published.at(-1)?.summary).toMatchObject({ images: [{}, {}] })
}, 240_000)
