import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { topics } from '../../../lib/topology.ts'
import { State } from '../../../proto/gen/com/reactivearchitecturecookbook/summary-v1m0_pb.ts'
import { createSummaryFixture, type SummaryFixture } from '../../support/summary.ts'
import { startTcpProxy } from '../../support/tcp-proxy.ts'
import { until } from '../../support/until.ts'
import {
  createFaceRecords,
  createTextRecords,
  type TestImage,
} from '../../support/vision-messages.ts'

let fixture: SummaryFixture

beforeEach(async () => {
  fixture = await createSummaryFixture()
}, 60_000)

afterEach(() => fixture.drop(), 60_000)

const announced = 3

/** The group notices a killed member soon. */
const soon = { KAFKA_SESSION_TIMEOUT_MS: '6000' }

/** Transactions of one client that are complete once all of `images` have come. */
async function createTransactions(count: number) {
  const clientId = randomUUID()
  const token = await fixture.issueToken(clientId)
  return Array.from({ length: count }, (_, transaction) => {
    const image = (number: number): TestImage => ({
      ...{ clientId, token, announced },
      correlationId: `${clientId}:${transaction}`,
      image: number,
    })
    return { correlationId: image(0).correlationId, images: [1, 2, 3].map(image) }
  })
}

const send = (images: readonly TestImage[]) =>
  fixture.kafka.send(
    topics.vision.name,
    images.flatMap((image) => [...createFaceRecords(image), ...createTextRecords(image)]),
  )

async function expectAllComplete(transactions: Awaited<ReturnType<typeof createTransactions>>) {
  for (const { correlationId } of transactions) {
    const summaries = await fixture.untilRevision(correlationId, 1)
    const distinct = new Map(summaries.map((each) => [each.envelope.messageId, each]))
    expect([...distinct.values()].map(({ summary }) => summary)).toMatchObject([
      { state: State.COMPLETE, images: [{}, {}, {}], people: [{}, {}, {}], texts: [{}, {}, {}] },
    ])
    // Written more than once, perhaps, but never with other words.
    const values = summaries.map(({ envelope }) => envelope.payload?.value)
    expect(
      values.every((value) => Buffer.compare(value ?? Buffer.of(), values[0] ?? Buffer.of()) === 0),
    ).toBe(true)
  }
}

describe('the summary service', () => {
  test('loses nothing when it is killed again and again', async () => {
    const transactions = await createTransactions(30)
    for (const number of [0, 1, 2]) {
      const summary = await fixture.start(soon)
      for (const { images } of transactions) await send(images.slice(number, number + 1))
      // In the middle of its work: some batches are journalled, some are not, some workflows know.
      await until('a batch is journalled', () =>
        summary.events.some(
          ({ event, journalled }) => event === 'batch.journalled' && journalled !== 0,
        ),
      )
      await summary.stop('SIGKILL')
    }
    await fixture.start(soon)
    await expectAllComplete(transactions)
  }, 180_000)

  test('postpones its work while its database is away', async () => {
    const url = new URL(fixture.databases.url)
    const proxy = await startTcpProxy(url.hostname, Number(url.port))
    url.port = String(proxy.port)
    const summary = await fixture.start({ POSTGRES_URL: url.toString() })
    const transactions = await createTransactions(5)
    proxy.cut()
    for (const { images } of transactions) await send(images)
    await until('work is postponed', () =>
      summary.events.some(({ event }) => event === 'partition.postponed'),
    )
    proxy.mend()
    await expectAllComplete(transactions)
    await summary.stop()
    await proxy.close()
  }, 120_000)

  test('postpones its work while Temporal is away', async () => {
    const [host = '', port] = (process.env['TEMPORAL_ADDRESS'] ?? '').split(':')
    const proxy = await startTcpProxy(host, Number(port))
    const summary = await fixture.start({ TEMPORAL_ADDRESS: `127.0.0.1:${proxy.port}` })
    const transactions = await createTransactions(5)
    proxy.cut()
    for (const { images } of transactions) await send(images)
    await until('work is postponed', () =>
      summary.events.some(({ event }) => event === 'partition.postponed'),
    )
    proxy.mend()
    await expectAllComplete(transactions)
    await summary.stop()
    await proxy.close()
  }, 120_000)
})
