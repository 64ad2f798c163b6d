import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { timestampDate } from '@bufbuild/protobuf/wkt'
import { randomUUID } from 'node:crypto'
import { createTemporalClient } from '../../../lib/temporal/connect-temporal.ts'
import { topics } from '../../../lib/topology.ts'
import { State } from '../../../proto/gen/com/reactivearchitecturecookbook/summary-v1m0_pb.ts'
import { transactionWorkflowId } from '../../../workflows/transaction/transaction-start-options.ts'
import {
  createSummaryFixture,
  type PublishedSummary,
  type SummaryFixture,
} from '../../support/summary.ts'
import { until } from '../../support/until.ts'
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

/** The images of a new transaction of a new client. */
async function createTransaction(
  options: { claim?: unknown; announced?: number } = {},
): Promise<(image: number) => TestImage> {
  const clientId = randomUUID()
  const correlationId = `case:${randomUUID()}`
  const token = await fixture.issueToken(clientId, options.claim)
  const ingestedAt = new Date()
  const announced = options.announced ?? 0
  return (image) => ({ clientId, correlationId, token, image, announced, ingestedAt })
}

const temporalAddress = process.env['TEMPORAL_ADDRESS'] ?? ''

const send = (...records: Parameters<SummaryFixture['kafka']['send']>[1][]) =>
  fixture.kafka.send(topics.vision.name, records.flat())

const longIdle = { idleSeconds: 3_600 }

describe('the summary service', () => {
  test('publishes a complete summary as soon as every announced image is complete', async () => {
    const image = await createTransaction({ claim: longIdle, announced: 2 })
    await send(createFaceRecords(image(1), 2), createTextRecords(image(1), 'PARCEL 17'))
    await send(createFaceRecords(image(2), 0), createTextRecords(image(2), ''))
    const [published] = await fixture.untilRevision(image(1).correlationId, 1)
    expect(published?.clientId).toBe(image(1).clientId)
    expect(published?.envelope).toMatchObject({ token: image(1).token, imageId: '' })
    const summary = published?.summary
    expect(summary).toMatchObject({ state: State.COMPLETE, missing: [], missingImages: 0 })
    expect(summary?.images.map(({ imageId }) => imageId)).toEqual(
      [testImageId(image(1)), testImageId(image(2))].sort(),
    )
    expect(summary?.people.map(({ faces }) => faces.map(({ index }) => index))).toEqual([[0], [1]])
    expect(summary?.texts).toMatchObject([{ imageId: testImageId(image(1)), text: 'PARCEL 17' }])
    expect(summary?.windowStart && timestampDate(summary.windowStart)).toEqual(image(1).ingestedAt)
  })

  test('ends an unannounced transaction when nothing came for the idle gap', async () => {
    const image = await createTransaction({ claim: { idleSeconds: 1 } })
    await send(createFaceRecords(image(1)), createTextRecords(image(1)))
    const [published] = await fixture.untilRevision(image(1).correlationId, 1)
    expect(published?.summary).toMatchObject({ state: State.COMPLETE, revision: 1 })
  })

  test('says what is missing when the window is over, and more in the next revision', async () => {
    const claim = { windowSeconds: 2, idleSeconds: 1 }
    const image = await createTransaction({ claim, announced: 2 })
    await send(createFaceRecords(image(1)))
    const [partial] = await fixture.untilRevision(image(1).correlationId, 1)
    expect(partial?.summary).toMatchObject({
      state: State.PARTIAL,
      missing: [{ imageId: testImageId(image(1)), service: 'ocr', version: '1.0' }],
      missingImages: 1,
    })
    await send(
      createTextRecords(image(1)),
      createFaceRecords(image(2)),
      createTextRecords(image(2)),
    )
    const complete = (await fixture.untilRevision(image(1).correlationId, 2)).at(-1)
    expect(complete?.summary).toMatchObject({ state: State.COMPLETE, missing: [], revision: 2 })
    expect(complete?.summary.people.map(({ personId }) => personId)).toContain(
      partial?.summary.people[0]?.personId,
    )
  })

  test('puts a record that it cannot use aside, with the reason, and goes on', async () => {
    const letters = await fixture.kafka.watch(topics.deadLetter.name)
    const image = await createTransaction({ claim: { idleSeconds: 1 } })
    const records = createTextRecords(image(1))
    const forged = createTextRecords({ ...image(1), token: 'no token' })
    await send(forged, records)
    await letters.until((all) => all.length >= forged.length)
    expect(letters.records.map(({ headers }) => headers['reason-code']?.toString())).toEqual(
      forged.map(() => 'token-invalid'),
    )
    // They are written side by side.
    const valuesOf = (list: readonly { value: Uint8Array }[]) =>
      list.map(({ value }) => Buffer.from(value).toString('base64')).sort()
    expect(valuesOf(letters.records)).toEqual(valuesOf(forged))
    expect(letters.records[0]?.headers['group']?.toString()).toBe('summary')
    await fixture.untilRevision(image(1).correlationId, 1)
  })

  test('says the same whatever the order and the copies of the messages', async () => {
    const image = await createTransaction({ claim: longIdle, announced: 2 })
    const records = [1, 2].flatMap((number) => [
      ...createFaceRecords(image(number)),
      ...createTextRecords(image(number)),
    ])
    // All but one of them first, so that nothing is complete before the copies have come.
    const [first, ...others] = records.toReversed()
    await send(others, others)
    await send(others.toReversed())
    if (first !== undefined) await send([first])
    const summaries = await fixture.untilRevision(image(1).correlationId, 1)
    expect(summaries.map(({ summary }) => summary)).toMatchObject([
      { state: State.COMPLETE, images: [{}, {}], people: [{}, {}], texts: [{}, {}] },
    ])
    expect(summaries[0]?.summary.images.every(({ services }) => services.length === 2)).toBe(true)
  })

  test('finds people again in other images, whatever the order of arrival, and keeps their ids', async () => {
    const directions = { jane: Float32Array.of(1, 0.1, 0), john: Float32Array.of(0, 0.1, 1) }
    const options = { claim: longIdle, announced: 2 }
    const [image, other] = [await createTransaction(options), await createTransaction(options)]
    const records = (of: (image: number) => TestImage) => [
      createFaceRecords(of(1), 2, [directions.jane, directions.john]),
      createFaceRecords(of(2), 1, [directions.john]),
      createTextRecords(of(1)),
      createTextRecords(of(2)),
    ]
    await send(...records(image))
    await send(...records(other).toReversed())
    const [first] = await fixture.untilRevision(image(1).correlationId, 1)
    const [reversed] = await fixture.untilRevision(other(1).correlationId, 1)
    const facesOf = (summary: typeof first) =>
      summary?.summary.people
        .map(({ faces }) => String(faces.map(({ index }) => index).sort()))
        .sort()
    expect(facesOf(first)).toEqual(facesOf(reversed))
    expect(facesOf(first)).toEqual(['0', '0,1'])
    await send(createFaceRecords(image(3), 2, [directions.john, directions.jane]))
    await send(createTextRecords(image(3)))
    const second = (await fixture.untilRevision(image(1).correlationId, 2)).at(-1)
    const sizes = (summary: typeof first) =>
      new Map(summary?.summary.people.map(({ personId, faces }) => [personId, faces.length]))
    expect(sizes(second)).toEqual(
      new Map([...sizes(first)].map(([personId, faces]) => [personId, faces + 1])),
    )
  })

  test('tells people apart by the threshold of the token', async () => {
    const summaries = [0.7, 0.8].map(async (identityThreshold) => {
      const claim = { ...longIdle, identityThreshold }
      const image = await createTransaction({ claim, announced: 2 })
      // Their cosine is 0.75.
      await send(createFaceRecords(image(1), 1, [Float32Array.of(4, 0, 0)]))
      await send(createFaceRecords(image(2), 1, [Float32Array.of(3, Math.sqrt(7), 0)]))
      await send(createTextRecords(image(1)), createTextRecords(image(2)))
      return fixture.untilRevision(image(1).correlationId, 1)
    })
    const [[loose], [strict]] = (await Promise.all(summaries)) as [
      PublishedSummary[],
      PublishedSummary[],
    ]
    expect(loose?.summary.people).toMatchObject([{ faces: [{}, {}] }])
    expect(loose?.summary.people[0]?.faces[0]?.similarity).toBeCloseTo(0.75, 2)
    expect(loose?.summary.people[0]?.margin).toBeUndefined()
    expect(strict?.summary.people).toMatchObject([{ faces: [{}] }, { faces: [{}] }])
    expect(strict?.summary.people[0]?.margin).toBeCloseTo(0.25, 2)
  })

  test('keeps the histories of a transaction of a thousand images small', async () => {
    const images = 1_000
    const image = await createTransaction({ claim: longIdle, announced: images })
    const numbers = Array.from({ length: images }, (_, index) => index)
    for (const number of numbers) {
      await send(createFaceRecords(image(number)), createTextRecords(image(number)))
    }
    const [published] = await fixture.untilRevision(image(1).correlationId, 1)
    expect(published?.summary).toMatchObject({ state: State.COMPLETE, revision: 1 })
    expect(published?.summary.images).toHaveLength(images)
    const client = createTemporalClient({ address: temporalAddress, namespace: 'default' })
    const query = `WorkflowId = '${transactionWorkflowId(image(1))}' AND ExecutionStatus != 'Running'`
    const runs = await until('its end is visible', async () => {
      const ended = []
      for await (const run of client.workflow.list({ query })) ended.push(run)
      return ended.some(({ status }) => status.name === 'COMPLETED') && ended
    })
    await client.connection.close()
    for (const { historyLength } of runs) expect(historyLength).toBeLessThan(400)
  }, 120_000)

  test('leaves messages alone whose token is bad or asks for no summary', async () => {
    const image = await createTransaction({ claim: { idleSeconds: 1 }, announced: 1 })
    const bad = await createTransaction({ announced: 1 })
    const malformed = await createTransaction({ claim: { idleSeconds: -1 }, announced: 1 })
    const strange = { ...bad(1), token: 'no.token.at.all' }
    const late = { ...bad(1), ingestedAt: new Date(Date.now() + 7_200_000) }
    for (const ignored of [strange, late, malformed(1)]) {
      await send(createFaceRecords(ignored), createTextRecords(ignored))
    }
    await fixture.kafka.send(topics.vision.name, [
      { key: 'client', partition: 0, value: Buffer.from('no envelope') },
    ])
    await send(createFaceRecords(image(1)), createTextRecords(image(1)))
    await fixture.untilRevision(image(1).correlationId, 1)
    for (const { correlationId } of [bad(1), malformed(1)]) {
      const { rows } = await (
        await journal()
      ).query('SELECT 1 FROM transactions WHERE correlation_id = $1', [correlationId])
      expect(rows).toEqual([])
    }
  })
})

const journal = () => fixture.databases.createDatabase('ips_summary', 'workers/summary/schema')
