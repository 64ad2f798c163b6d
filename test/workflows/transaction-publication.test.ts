import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ApplicationFailure } from '@temporalio/common'
import proto from '@temporalio/proto'
import { transactionStatusQuery } from '../../workflows/transaction/transaction-messages.ts'
import { recordHistory } from '../support/record-history.ts'
import { withTransaction, type TransactionHandle } from '../support/transaction-workflow.ts'
import { until } from '../support/until.ts'
import { createWorkflowTests, type WorkflowTests } from '../support/workflow-tests.ts'

let tests: WorkflowTests

beforeAll(async () => {
  tests = await createWorkflowTests()
})

afterAll(() => tests.environment.teardown())

const whole = { announced: 1, images: 1, completeImages: 1 }

const { EventType } = proto.temporal.api.enums.v1

/** How many events there are, and how many activities the server was asked for. */
async function countEvents(handle: TransactionHandle) {
  const { events } = await handle.fetchHistory()
  const types = (events ?? []).map(({ eventType }) => eventType)
  const activities = types.filter((type) => type === EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
  return { events: types.length, activities: activities.length }
}

describe('a publication', () => {
  test('is part of the workflow’s own task, so that it costs the server little', async () => {
    await withTransaction(tests, async ({ signal, published }) => {
      const handle = await signal(whole)
      expect(await handle.result()).toEqual({ outcome: 'complete', revision: 1 })
      expect(published).toHaveLength(1)
      const { events, activities } = await countEvents(handle)
      expect(activities).toBe(0)
      expect(events).toBeLessThanOrEqual(10)
      await recordHistory(handle, 'transaction-summary-in-task')
    })
  })

  test('becomes an activity with as many tries as it takes, where it does not succeed at once', async () => {
    await withTransaction(tests, async ({ signal, journal, published }) => {
      let tries = 0
      journal.beforePublishing = () => {
        tries += 1
        if (tries < 4) throw ApplicationFailure.retryable('not now', 'journal-unavailable')
      }
      const handle = await signal(whole)
      expect(await handle.result()).toEqual({ outcome: 'complete', revision: 1 })
      expect(tries).toBe(4)
      expect(published).toHaveLength(1)
      expect(await countEvents(handle)).toMatchObject({ activities: 1 })
      await recordHistory(handle, 'transaction-summary-not-at-once')
    })
  })

  test('is tried once where no repetition mends it', async () => {
    await withTransaction(tests, async ({ signal, journal }) => {
      let tries = 0
      journal.beforePublishing = () => {
        tries += 1
        throw ApplicationFailure.nonRetryable('what it holds cannot be used', 'broken')
      }
      const handle = await signal(whole)
      const status = await until('it has failed', async () => {
        const { state, failure } = await handle.query(transactionStatusQuery)
        return state === 'failed' && failure
      })
      expect(status).toMatchObject({ code: 'broken', tries: 1 })
      expect(tries).toBe(1)
      await handle.terminate()
    })
  })
})
