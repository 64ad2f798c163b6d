import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { shortTypeName } from '../../../lib/envelope/payload-registry.ts'
import { topics } from '../../../lib/topology.ts'
import { State } from '../../../proto/gen/com/reactivearchitecturecookbook/summary-v1m1_pb.ts'
import {
  createSummaryFixture,
  type PublishedSummary,
  type SummaryFixture,
} from '../../support/summary.ts'
import { issueTestToken } from '../../support/tokens.ts'
import {
  createFaceRecords,
  createTextRecords,
  testImageId,
  type TestImage,
} from '../../support/vision-messages.ts'

let fixture: SummaryFixture

beforeAll(async () => {
  fixture = await createSummaryFixture()
  await fixture.start()
}, 60_000)

afterAll(() => fixture.drop())

const longIdle = { idleSeconds: 3_600 }

/** The images of a new transaction of a client whose tokens have these claims. */
async function createTransaction(
  clientId: string,
  ...claims: string[]
): Promise<(image: number) => TestImage> {
  const correlationId = `case:${randomUUID()}`
  const token = await issueTestToken(fixture.keys, {
    clientId,
    rights: {
      ...{ 'faceextract-1.*': true, 'ocr-*': true },
      ...Object.fromEntries(claims.map((claim) => [claim, longIdle])),
    },
  })
  return (image) => ({ clientId, correlationId, token, image, announced: 2 })
}

const note = 'DELIVERY NOTE\nNo. 4711\nJane Miller\n12 Station Road, Cambridge\nTotal\n70.24'
const label = 'To: JANE MILLER\n12 STATION ROAD\nOrder 4711\nTotal weight 2.4 kg'

const recordsOf = (image: (image: number) => TestImage) => [
  ...createFaceRecords(image(1), 0),
  ...createTextRecords(image(1), note),
  ...createFaceRecords(image(2), 0),
  ...createTextRecords(image(2), label),
]

const send = (records: Parameters<SummaryFixture['kafka']['send']>[1]) =>
  fixture.kafka.send(topics.vision.name, records)

const typeOf = ({ envelope }: PublishedSummary) => shortTypeName(envelope.payload?.typeUrl ?? '')

describe('the summary service', () => {
  test('says in version 1.1 what the images agree in, whatever the order of their messages', async () => {
    const [image, other] = [
      await createTransaction(randomUUID(), 'summary-1.1'),
      await createTransaction(randomUUID(), 'summary-*'),
    ]
    await send(recordsOf(image))
    await send(recordsOf(other).toReversed())
    const [first] = await fixture.untilRevision(image(1).correlationId, 1)
    const [second] = await fixture.untilRevision(other(1).correlationId, 1)
    expect([first, second].map((each) => each && typeOf(each))).toEqual([
      'summary.v1m1.TransactionSummary',
      'summary.v1m1.TransactionSummary',
    ])
    expect(first?.summary.state).toBe(State.COMPLETE)
    const saidOf = (of: typeof first) =>
      of?.summary.agreements.map(({ score, occurrences }) => [
        score,
        ...occurrences.map(({ text }) => text).sort(),
      ])
    expect(saidOf(first)).toEqual([
      [1, '12 STATION ROAD', '12 Station Road'],
      [1, 'JANE MILLER', 'Jane Miller'],
      [1, '4711', '4711'],
    ])
    expect(saidOf(second)).toEqual(saidOf(first))
    const onNote = first?.summary.agreements[0]?.occurrences.find(
      ({ imageId }) => imageId === testImageId(image(1)),
    )
    expect(onNote).toMatchObject({ line: 3, similarity: 1, confidence: 0.9 })
    expect(onNote?.polygon.map(({ x, y }) => [x, y])).toEqual([
      [0, 90],
      [200, 90],
      [200, 110],
      [0, 110],
    ])
  })

  test('publishes each version that is asked for once, of each revision, with equal outcomes', async () => {
    const image = await createTransaction(randomUUID(), 'summary-1.*', 'summary-1.1')
    await send(recordsOf(image))
    await fixture.untilRevision(image(1).correlationId, 1, 2)
    await send([...createFaceRecords(image(3), 0), ...createTextRecords(image(3), 'Jane Miller')])
    const published = await fixture.untilRevision(image(1).correlationId, 2, 2)
    expect(
      published.map((each) => [
        each.summary.revision,
        typeOf(each),
        each.summary.agreements.map(({ occurrences }) => occurrences.length),
      ]),
    ).toEqual([
      [1, 'summary.v1m0.TransactionSummary', []],
      [1, 'summary.v1m1.TransactionSummary', [2, 2, 2]],
      [2, 'summary.v1m0.TransactionSummary', []],
      [2, 'summary.v1m1.TransactionSummary', [3, 2, 2]],
    ])
    const ids = published.map(({ envelope }) => envelope.messageId)
    expect(new Set(ids).size).toBe(4)
  })

  test('tells what images agree in that came before the token that asks for it', async () => {
    const clientId = randomUUID()
    const before = await createTransaction(clientId, 'summary-1.*')
    const asking = await createTransaction(clientId, 'summary-1.1')
    const image = (number: number) => ({
      ...before(number),
      token: (number === 1 ? before : asking)(number).token,
    })
    await send(recordsOf(image))
    const published = await fixture.untilRevision(image(1).correlationId, 1, 2)
    expect(published.map(({ summary }) => summary.agreements.length)).toEqual([0, 3])
  })

  test('says nothing of agreements to those who ask for 1.x', async () => {
    const image = await createTransaction(randomUUID(), 'summary-1.*')
    await send(recordsOf(image))
    const [published] = await fixture.untilRevision(image(1).correlationId, 1)
    expect(published && typeOf(published)).toBe('summary.v1m0.TransactionSummary')
    expect(published?.summary).toMatchObject({ texts: [{}, {}], agreements: [] })
  })
})
