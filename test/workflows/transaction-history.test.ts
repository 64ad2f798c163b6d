import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { transactionStatusQuery } from '../../workflows/transaction/transaction-messages.ts'
import { runsOf } from '../support/runs-of.ts'
import { withTransaction, type TransactionHandle } from '../support/transaction-workflow.ts'
import { until } from '../support/until.ts'
import { createServerWorkflowTests, type WorkflowTests } from '../support/workflow-tests.ts'

let tests: WorkflowTests

beforeAll(async () => {
  tests = await createServerWorkflowTests()
})

afterAll(() => tests.environment.teardown())

/** A query is answered when the signals before it are taken; by a run that is just ending, never. */
const untilImages = ({ workflowId }: TransactionHandle, images: number) =>
  until(`${images} images are taken in`, async () => {
    const { client, connection } = tests.environment
    const status = await connection
      .withDeadline(Date.now() + 3_000, () =>
        client.workflow.getHandle(workflowId).query(transactionStatusQuery),
      )
      .catch(() => undefined)
    return status?.images === images
  })

describe('the history of a transaction', () => {
  test('keeps its histories and its state small over a thousand images', async () => {
    await withTransaction(tests, async ({ signal, journal, published }) => {
      const announced = 1_000
      const missingSample = Array.from({ length: 5 }, (_, index) => `ocr 1.0 of ${index}`)
      const progressOf = (images: number) => ({
        ...{ announced, messages: images, images, completeImages: images, missing: announced },
        missingSample,
      })
      const first = await signal(progressOf(1))
      for (let images = 2; images < announced; images += 1) {
        await signal(progressOf(images))
        // A run cannot end while signals come faster than it takes them; batches of a consumer take their time.
        if (images % 10 === 0) await untilImages(first, images)
      }
      journal.messages = announced
      const last = await signal({ ...progressOf(announced), missing: 0 })
      expect(await last.result()).toEqual({ outcome: 'complete', revision: 1 })
      expect(published).toHaveLength(1)
      const runs = await runsOf(tests, first)
      expect(runs.length).toBeGreaterThan(1)
      expect(Math.max(...runs.map(({ events }) => events))).toBeLessThan(400)
      // Numbers grow by a digit or two.
      const [handedOn = 0, ...others] = runs.slice(1).map(({ inputBytes }) => inputBytes)
      expect(Math.max(handedOn, ...others)).toBeLessThan(handedOn + 20)
      const { typedSearchAttributes, memo } = await last.describe()
      expect(typedSearchAttributes.getAll().map(({ value }) => value)).toEqual(
        expect.arrayContaining(['client', 'complete', last.workflowId.split('/')[2]]),
      )
      expect(memo).toMatchObject({ clientId: 'client' })
    })
  }, 180_000)

  test('leaves a publication that hangs while signals come to the next run', async () => {
    await withTransaction(tests, async ({ signal, journal, published }) => {
      const hanging = Promise.withResolvers<undefined>()
      journal.beforePublishing = () => hanging.promise
      const whole = { announced: 1, images: 1, completeImages: 1 }
      const handle = await signal(whole)
      journal.messages = 1_200
      for (let messages = 2; messages <= journal.messages; messages += 1) {
        await signal({ ...whole, messages, images: messages, completeImages: messages })
      }
      await until('a run has ended', async () => (await runsOf(tests, handle)).length > 1)
      hanging.resolve(undefined)
      expect(await handle.result()).toEqual({ outcome: 'complete', revision: 1 })
      expect(new Set(published.map(({ revision }) => revision))).toEqual(new Set([1]))
      const runs = await runsOf(tests, handle)
      expect(runs.length).toBeGreaterThan(1)
      expect(Math.max(...runs.map(({ events }) => events))).toBeLessThan(2_000)
    })
  }, 180_000)
})
