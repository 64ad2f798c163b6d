import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import {
  completeTransaction,
  extendTransaction,
  retryTransaction,
} from '../../../cli/operations/act-on-transaction.ts'
import { listTransactions } from '../../../cli/operations/list-transactions.ts'
import { showTransaction } from '../../../cli/operations/show-transaction.ts'
import type { TransactionReport } from '../../../cli/operations/transaction-report.ts'
import { transactionWorkflowId } from '../../../workflows/transaction/transaction-start-options.ts'
import {
  createTransactionsFixture,
  type TransactionsFixture,
} from '../../support/transaction-operations.ts'
import { until } from '../../support/until.ts'
import { createFaceRecords, testImageId, type TestImage } from '../../support/vision-messages.ts'

let fixture: TransactionsFixture

beforeAll(async () => {
  fixture = await createTransactionsFixture()
  await fixture.start()
}, 60_000)
afterAll(() => fixture.drop())

const show = ({ clientId, correlationId }: TestImage) =>
  fixture.operate((operations) => showTransaction(operations, { clientId, correlationId }))
const list = (clientId: string, options: { state?: string; limit?: string } = {}) =>
  fixture.operate((operations) =>
    listTransactions(operations, { clientId, limit: '50', ...options }),
  )
const act = (action: typeof completeTransaction, { clientId, correlationId }: TestImage) =>
  fixture.operate((operations) => action(operations, { clientId, correlationId }))
const extend = ({ clientId, correlationId }: TestImage, by: string) =>
  fixture.operate((operations) => extendTransaction(operations, { clientId, correlationId }, by))

const untilShown = (image: TestImage, what: string, isSo: (report: TransactionReport) => boolean) =>
  until(what, async () => {
    const report = await show(image).catch(() => undefined)
    return report !== undefined && isSo(report) && report
  })
const untilAnswers = (image: TestImage) =>
  untilShown(image, 'its workflow answers', ({ workflow }) => workflow === 'answers')

/** A transaction of three images, of which one is there and one lacks its text. */
async function openTransaction(): Promise<(image: number) => TestImage> {
  const image = await fixture.createTransaction({ announced: 3 })
  await fixture.send(image(1))
  await fixture.kafka.send('vision-1', createFaceRecords(image(2)))
  await untilShown(image(1), 'both are there', (report) => {
    return report.images === 2 && report.workflow === 'answers'
  })
  return image
}

describe('showTransaction', () => {
  test('says of an open transaction what it waits for and what is missing', async () => {
    const image = await openTransaction()
    const report = await show(image(1))
    expect(report).toEqual({
      ...{ clientId: image(1).clientId, transactionId: image(1).correlationId, state: 'open' },
      ...{ revision: 0, images: 2, completeImages: 1, announced: 3, missing: 1, missingImages: 1 },
      ...{ since: expect.any(String), changedAt: expect.any(String), decidedAt: null },
      endsAt: new Date(Date.parse(report.since) + 86_400_000).toISOString(),
      waitsFor: expect.stringContaining(`Missing: ocr 1.0 of ${testImageId(image(2))}.`),
      ...{ failure: null, workflow: 'answers', people: null, texts: null, agreements: null },
      missingMessages: [{ imageId: testImageId(image(2)), service: 'ocr', version: '1.0' }],
    })
  })

  test('says of a finished one who is in it and what was read', async () => {
    const image = await fixture.createTransaction({ announced: 1 })
    await fixture.send(image(1))
    await fixture.untilRevision(image(1).correlationId, 1)
    const imageId = testImageId(image(1))
    expect(await show(image(1))).toMatchObject({
      ...{ state: 'complete', revision: 1, decidedAt: expect.any(String), missing: 0 },
      ...{ endsAt: null, waitsFor: null },
      people: [
        {
          personId: expect.any(String),
          faces: [{ imageId, index: 0, similarity: 1 }],
          margin: null,
        },
      ],
      texts: [{ imageId, text: 'text 1' }],
      agreements: [],
    })
  })

  test('tells apart what never was and what is removed', async () => {
    const image = await fixture.createTransaction()
    await expect(show(image(1))).rejects.toMatchObject({ code: 'client-unknown' })
    await fixture.createUnused(image(1).clientId)
    await expect(show(image(1))).rejects.toMatchObject({ code: 'transaction-unknown' })
    const pool = await fixture.databases.createDatabase('ips_summary', 'workers/summary/schema')
    await pool.query(
      `INSERT INTO summaries (client_id, correlation_id, revision, outcome, messages)
       VALUES ($1, $2, 1, 'complete', 0)`,
      [image(1).clientId, image(1).correlationId],
    )
    await expect(show(image(1))).rejects.toMatchObject({ code: 'transaction-expired' })
  })
})

describe('listTransactions', () => {
  test('lists open and finished transactions, by state, those that changed last first', async () => {
    const clientId = randomUUID()
    const finished = await fixture.createTransaction({ clientId, announced: 1 })
    await fixture.send(finished(1))
    await fixture.untilRevision(finished(1).correlationId, 1)
    const open = await fixture.createTransaction({ clientId, announced: 2 })
    await fixture.send(open(1))
    await untilAnswers(open(1))
    const idsOf = (reports: readonly TransactionReport[]) => reports.map((one) => one.transactionId)
    const ids = { open: open(1).correlationId, finished: finished(1).correlationId }
    expect(idsOf(await list(clientId))).toEqual([ids.open, ids.finished])
    expect(idsOf(await list(clientId, { limit: '1' }))).toEqual([ids.open])
    expect(await list(clientId, { state: 'open' })).toMatchObject([
      { transactionId: ids.open, state: 'open', workflow: 'answers', missingImages: 1 },
    ])
    expect(idsOf(await list(clientId, { state: 'complete' }))).toEqual([ids.finished])
    expect(await list(clientId, { state: 'partial' })).toEqual([])
    expect(await list(clientId, { state: 'failed' })).toEqual([])
  })

  test('refuses states, limits and clients that there are not', async () => {
    await expect(list('nobody')).rejects.toMatchObject({ code: 'client-unknown' })
    await expect(list('a', { state: 'lost' })).rejects.toMatchObject({ code: 'state-invalid' })
    await expect(list('a', { limit: '0' })).rejects.toMatchObject({ code: 'limit-invalid' })
  })
})

describe('completeTransaction', () => {
  test('publishes what is there, partial, and says so', async () => {
    const image = await openTransaction()
    expect(await act(completeTransaction, image(1))).toMatchObject({
      ...{ taken: true, state: 'partial', revision: 1, people: [{}, {}], texts: [{}] },
    })
    await expect(act(completeTransaction, image(1))).rejects.toMatchObject({
      code: 'transaction-finished',
    })
    await fixture.send(image(2), image(3))
    await fixture.untilRevision(image(1).correlationId, 2)
    expect(await show(image(1))).toMatchObject({ state: 'complete', revision: 2 })
  })

  test('also where somebody has ended its workflow', async () => {
    const image = await openTransaction()
    await fixture.operate(async ({ client }) => {
      await client.workflow.getHandle(transactionWorkflowId(image(1))).terminate()
    })
    expect(await show(image(1))).toMatchObject({ state: 'open', workflow: 'none' })
    expect(await act(completeTransaction, image(1))).toMatchObject({ taken: true, revision: 1 })
  })
})

describe('extendTransaction', () => {
  test('moves the end, and keeps the journal for as long', async () => {
    const image = await openTransaction()
    const { endsAt, since } = await show(image(1))
    const extended = await extend(image(1), '7d')
    const end = Date.parse(endsAt ?? '') + 7 * 86_400_000
    expect(extended).toMatchObject({ taken: true, state: 'open' })
    expect(extended.endsAt).toBe(new Date(end).toISOString())
    const pool = await fixture.databases.createDatabase('ips_summary', 'workers/summary/schema')
    await until('the journal knows', async () => {
      const { rows } = await pool.query<{ seconds: number }>(
        'SELECT window_seconds AS seconds FROM transactions WHERE correlation_id = $1',
        [image(1).correlationId],
      )
      return (rows[0]?.seconds ?? 0) >= Math.floor((end - Date.parse(since)) / 1_000)
    })
  })

  test('refuses what is no duration, and an end that is too far away', async () => {
    const image = await openTransaction()
    for (const by of ['', 'soon', '0s', '91d'])
      await expect(extend(image(1), by)).rejects.toMatchObject({ code: 'duration-invalid' })
    await expect(extend(image(1), '90d')).rejects.toMatchObject({
      code: 'extension-refused',
      message: expect.stringContaining('90 days'),
    })
  })
})

describe('retryTransaction', () => {
  test('publishes what had failed, after the repair, and finds it before', async () => {
    const image = await openTransaction()
    const { clientId, correlationId } = image(1)
    await expect(act(retryTransaction, image(1))).rejects.toMatchObject({
      code: 'transaction-not-failed',
    })
    const pool = await fixture.databases.createDatabase('ips_summary', 'workers/summary/schema')
    // As rows were before they were sealed.
    const setContent = (content: string) =>
      pool.query(
        `UPDATE messages SET content = $2, sealed = NULL
         WHERE correlation_id = $1 AND service = 'faceextract'`,
        [correlationId, content],
      )
    await setContent('{"kind": "faces"}')
    expect(await act(completeTransaction, image(1))).toMatchObject({
      ...{ taken: true, state: 'failed', endsAt: null },
      failure: { code: 'transaction-unusable', tries: 1 },
    })
    await until('it is found by its state', async () => {
      const [found] = await list(clientId, { state: 'failed' })
      return found?.transactionId === correlationId
    })
    expect(await list(clientId, { state: 'open' })).toEqual([])
    expect(await act(retryTransaction, image(1))).toMatchObject({ failure: { tries: 2 } })
    await setContent('{"kind": "faces", "faces": [{"index": 0}]}')
    expect(await act(retryTransaction, image(1))).toMatchObject({
      ...{ taken: true, state: 'partial', revision: 1, failure: null },
    })
  })
})
