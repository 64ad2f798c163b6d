import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { recordHistory } from '../support/record-history.ts'
import { day, hour, withTransaction } from '../support/transaction-workflow.ts'
import { createWorkflowTests, type WorkflowTests } from '../support/workflow-tests.ts'

let tests: WorkflowTests

beforeAll(async () => {
  tests = await createWorkflowTests()
})

afterAll(() => tests.environment.teardown())

describe('transactionSummary', () => {
  test('publishes at once when every announced image is complete', async () => {
    await withTransaction(tests, async ({ signal, published, journal, decidedAfterSeconds }) => {
      journal.messages = 4
      await signal({ announced: 2, completeImages: 0, missing: 1 })
      const handle = await signal({ announced: 2, messages: 4, images: 2, completeImages: 2 })
      expect(await handle.result()).toEqual({ outcome: 'complete', revision: 1 })
      await recordHistory(handle, 'transaction-summary-complete-at-once')
      expect(published).toHaveLength(1)
      expect(decidedAfterSeconds(0)).toBeLessThan(hour)
    })
  })

  test('waits for announced images until the window is over, then says what is missing', async () => {
    await withTransaction(tests, async ({ signal, journal, decidedAfterSeconds }) => {
      journal.outcome = 'partial'
      const handle = await signal({ announced: 3 })
      expect(await handle.result()).toEqual({ outcome: 'partial', revision: 1 })
      expect(decidedAfterSeconds(0)).toBeGreaterThanOrEqual(day)
      expect(decidedAfterSeconds(0)).toBeLessThan(day + hour)
    })
  })

  test('ends when nothing came for the idle gap where no count was announced', async () => {
    await withTransaction(tests, async ({ signal, journal, published, decidedAfterSeconds }) => {
      await signal({})
      await tests.environment.sleep('20 seconds')
      journal.messages = 2
      await signal({ messages: 2, images: 2, completeImages: 2 })
      await tests.environment.sleep('20 seconds')
      // A copy is no news: it does not move the end.
      const handle = await signal({ messages: 2, images: 2, completeImages: 2 })
      await handle.result()
      expect(published).toHaveLength(1)
      expect(decidedAfterSeconds(0)).toBeGreaterThanOrEqual(50)
      expect(decidedAfterSeconds(0)).toBeLessThan(hour)
    })
  })

  test('keeps a window of two weeks, and makes the next revision of a result that comes later', async () => {
    await withTransaction(tests, async (transaction) => {
      const { signal, published, journal, decidedAfterSeconds } = transaction
      const window = { announced: 3, windowSeconds: 14 * day }
      Object.assign(journal, { outcome: 'partial', messages: 2 })
      const first = await signal({ ...window, completeImages: 0, missing: 1 })
      await tests.environment.sleep('5 days')
      await signal({ ...window, messages: 2 })
      expect(await first.result()).toEqual({ outcome: 'partial', revision: 1 })
      expect(decidedAfterSeconds(0)).toBeGreaterThanOrEqual(14 * day)
      expect(decidedAfterSeconds(0)).toBeLessThan(14 * day + hour)
      await tests.environment.sleep('3 days')
      const late = { ...window, revision: 1, decidedMessages: 2 }
      const second = await signal({ ...late, messages: 3, images: 2 })
      await tests.environment.sleep('10 seconds')
      Object.assign(journal, { outcome: 'complete', messages: 4 })
      await signal({ ...late, messages: 4, images: 3, completeImages: 3 })
      expect(await second.result()).toEqual({ outcome: 'complete', revision: 2 })
      await recordHistory(second, 'transaction-summary-late-result')
      expect(published.map(({ revision }) => revision)).toEqual([1, 2])
      expect(decidedAfterSeconds(1)).toBeGreaterThanOrEqual(17 * day)
    })
  })

  test('goes on with what comes while it publishes, and shows that it is open again', async () => {
    await withTransaction(tests, async ({ signal, published, journal }) => {
      const handle = await signal({})
      journal.beforePublishing = async () => {
        journal.beforePublishing = () => void (journal.messages = 2)
        await signal({ messages: 2, images: 2, completeImages: 1, missing: 1 })
      }
      journal.outcome = 'partial'
      expect(await handle.result()).toEqual({ outcome: 'partial', revision: 2 })
      await recordHistory(handle, 'transaction-summary-two-revisions')
      expect(published.map(({ revision }) => revision)).toEqual([1, 2])
    })
  })

  test('ends without a summary where the journal of the transaction is gone', async () => {
    await withTransaction(tests, async ({ signal, journal }) => {
      journal.outcome = 'gone'
      const handle = await signal({ announced: 1 })
      expect(await handle.result()).toEqual({ outcome: 'gone' })
    })
  })

  test('survives signals that hold no snapshot', async () => {
    await withTransaction(tests, async ({ signal }) => {
      const handle = await signal({})
      await handle.signal('progressed', 'by hand')
      await handle.signal('progressed', { windowSeconds: 1e300 })
      await handle.signal('progressed')
      expect(await handle.result()).toEqual({ outcome: 'complete', revision: 1 })
    })
  })
})
