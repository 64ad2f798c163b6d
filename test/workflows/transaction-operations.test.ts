import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ApplicationFailure } from '@temporalio/common'
import {
  completeNowSignal,
  extendSignal,
  transactionStatusQuery,
  type TransactionStatus,
} from '../../workflows/transaction/transaction-messages.ts'
import { retryNowSignal } from '../../workflows/messages.ts'
import { recordHistory } from '../support/record-history.ts'
import {
  day,
  hour,
  withTransaction,
  type TransactionHandle,
} from '../support/transaction-workflow.ts'
import { runsOf } from '../support/runs-of.ts'
import { until } from '../support/until.ts'
import { createWorkflowTests, type WorkflowTests } from '../support/workflow-tests.ts'

let tests: WorkflowTests

beforeAll(async () => {
  tests = await createWorkflowTests()
})

afterAll(() => tests.environment.teardown())

const untilStatus = (
  { workflowId }: TransactionHandle,
  what: string,
  isSo: (status: TransactionStatus) => boolean,
) =>
  until(what, async () => {
    const latest = tests.environment.client.workflow.getHandle(workflowId)
    const status = await latest.query(transactionStatusQuery)
    return isSo(status) && status
  })

const shownState = async ({ workflowId }: TransactionHandle) => {
  const latest = tests.environment.client.workflow.getHandle(workflowId)
  const { typedSearchAttributes } = await latest.describe()
  return typedSearchAttributes.getAll().find(({ key }) => key.name === 'deliveryState')?.value
}

/** What the Temporal UI shows. */
const metadataOf = ({ workflowId }: TransactionHandle) =>
  tests.environment.client.workflow
    .getHandle(workflowId)
    .query<{ currentDetails: string; definition: Definition }>('__temporal_workflow_metadata')

type Handlers = { name: string; description: string }[]
interface Definition {
  readonly signalDefinitions: Handlers
  readonly queryDefinitions: Handlers
}

const broken = () => {
  throw ApplicationFailure.nonRetryable('what it holds cannot be used', 'transaction-unusable')
}

describe('an open transaction', () => {
  test('says what it waits for, and what operators can do', async () => {
    await withTransaction(tests, async ({ signal, startedAtMs }) => {
      const handle = await signal({
        ...{ announced: 3, completeImages: 0, missing: 1, missingSample: ['ocr 1.0 of 9f'] },
      })
      const status = await untilStatus(handle, 'it waits', ({ images }) => images === 1)
      const endsAt = new Date(startedAtMs + day * 1_000).toISOString()
      expect(status).toMatchObject({
        ...{ state: 'incomplete', revision: 0, images: 1, completeImages: 0, announced: 3 },
        ...{ missing: 1, missingSample: ['ocr 1.0 of 9f'], endsAt },
      })
      expect(await shownState(handle)).toBe('incomplete')
      const { currentDetails, definition } = await metadataOf(handle)
      expect(currentDetails).toContain(status.waitsFor)
      expect(currentDetails).toContain(`Ends at ${endsAt}, when the window is over.`)
      expect(currentDetails).toContain('`completeNow`')
      const handlers = [...definition.signalDefinitions, ...definition.queryDefinitions]
      const described = handlers.filter(({ description }) => description !== '')
      expect(described.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['progressed', 'completeNow', 'extend', 'retryNow', 'status']),
      )
      // Nobody works on it any more: the server would skip no time for the other tests.
      await handle.terminate()
    })
  })

  test('publishes a summary when an operator wants it, and only one', async () => {
    await withTransaction(tests, async ({ signal, journal, published, decidedAfterSeconds }) => {
      journal.outcome = 'partial'
      const handle = await signal({ announced: 3 })
      await handle.signal(completeNowSignal)
      await handle.signal(completeNowSignal)
      expect(await handle.result()).toEqual({ outcome: 'partial', revision: 1 })
      await recordHistory(handle, 'transaction-summary-complete-now')
      expect(await shownState(handle)).toBe('partial')
      expect(published).toHaveLength(1)
      expect(decidedAfterSeconds(0)).toBeLessThan(hour)
    })
  })

  test('waits for longer when an operator wants it, also over its idle gap, and tells the journal', async () => {
    await withTransaction(
      tests,
      async ({ signal, extensions, startedAtMs, decidedAfterSeconds }) => {
        const announced = await signal({ announced: 3 })
        await announced.signal(extendSignal, { seconds: 2 * day })
        await announced.result()
        await recordHistory(announced, 'transaction-summary-extended')
        expect(decidedAfterSeconds(0)).toBeGreaterThanOrEqual(3 * day)
        expect(decidedAfterSeconds(0)).toBeLessThan(3 * day + hour)
        expect(extensions).toEqual([startedAtMs + 3 * day * 1_000])
      },
    )
    await withTransaction(tests, async ({ signal, startedAtMs, decidedAfterSeconds }) => {
      const idle = await signal({})
      const until = new Date(startedAtMs + 5 * hour * 1_000).toISOString()
      await idle.signal(extendSignal, { until })
      await idle.signal(extendSignal, { until })
      await idle.result()
      expect(decidedAfterSeconds(0)).toBeGreaterThanOrEqual(5 * hour)
      expect(decidedAfterSeconds(0)).toBeLessThan(6 * hour)
    })
  })

  test('does not wait any longer than it must because its end was moved', async () => {
    await withTransaction(tests, async ({ signal, journal, decidedAfterSeconds }) => {
      const handle = await signal({ announced: 2 })
      await handle.signal(extendSignal, { seconds: 10 * day })
      journal.messages = 2
      await signal({ announced: 2, messages: 2, images: 2, completeImages: 2 })
      await handle.result()
      expect(decidedAfterSeconds(0)).toBeLessThan(hour)
    })
  })

  test('says what it has against a request, and goes on', async () => {
    await withTransaction(tests, async ({ signal, extensions, decidedAfterSeconds }) => {
      const handle = await signal({ announced: 3 })
      for (const nonsense of [{ seconds: -1 }, 'two hours', { seconds: 91 * day }])
        await handle.signal(extendSignal, nonsense as { seconds: number })
      const status = await untilStatus(handle, 'it objects', ({ objection }) =>
        Boolean(objection?.includes('90 days')),
      )
      expect((await metadataOf(handle)).currentDetails).toContain(status.objection)
      await handle.signal(retryNowSignal)
      await untilStatus(handle, 'it objects to a retry', ({ objection }) =>
        Boolean(objection?.includes('nothing has failed')),
      )
      await handle.result()
      expect(extensions).toEqual([])
      expect(decidedAfterSeconds(0)).toBeLessThan(day + hour)
    })
  })

  test('is extended also where the journal does not take it, and says so', async () => {
    await withTransaction(tests, async ({ signal, journal, decidedAfterSeconds }) => {
      journal.beforeExtending = broken
      const handle = await signal({ announced: 3 })
      await handle.signal(extendSignal, { seconds: day })
      await untilStatus(handle, 'it objects', ({ objection }) =>
        Boolean(objection?.includes('transaction-unusable')),
      )
      await handle.result()
      expect(decidedAfterSeconds(0)).toBeGreaterThanOrEqual(2 * day)
    })
  })
})

describe('a transaction whose summary cannot be published', () => {
  test('says why, waits for an operator, and goes on after the repair', async () => {
    await withTransaction(tests, async ({ signal, journal, published }) => {
      journal.beforePublishing = broken
      const handle = await signal({ announced: 1 })
      const { failure } = await untilStatus(handle, 'it failed', ({ state }) => state === 'failed')
      expect(failure).toMatchObject({
        ...{ code: 'transaction-unusable', message: 'what it holds cannot be used', tries: 1 },
      })
      expect(await shownState(handle)).toBe('failed')
      expect((await metadataOf(handle)).currentDetails).toMatch(
        /Revision 1 could not be published, tried once: transaction-unusable \(what it holds cannot be used\)\. It is tried again at .*`retryNow`/,
      )
      await handle.signal(retryNowSignal)
      await untilStatus(handle, 'it was tried again', (status) => status.failure?.tries === 2)
      journal.beforePublishing = () => undefined
      await handle.signal(retryNowSignal)
      expect(await handle.result()).toEqual({ outcome: 'complete', revision: 1 })
      await recordHistory(handle, 'transaction-summary-failed-and-repaired')
      expect(await shownState(handle)).toBe('complete')
      expect(published).toHaveLength(1)
    })
  })

  test.each([
    ['the next result', 'progressed', 2],
    ['completeNow', 'completeNow', 1],
  ] as const)('tries again with %s', async (_what, name, messages) => {
    await withTransaction(tests, async ({ signal, journal }) => {
      journal.beforePublishing = broken
      const handle = await signal({ announced: 1 })
      await untilStatus(handle, 'it failed', ({ state }) => state === 'failed')
      Object.assign(journal, { messages, beforePublishing: () => undefined })
      if (name === 'completeNow') await handle.signal(completeNowSignal)
      else await signal({ announced: 1, messages, images: 2, completeImages: 2 })
      expect(await handle.result()).toEqual({ outcome: 'complete', revision: 1 })
    })
  })

  test('tries again by itself, in histories that stay short, until its journal is erased', async () => {
    await withTransaction(tests, async ({ signal, journal }) => {
      let tries = 0
      journal.beforePublishing = () => {
        tries += 1
        if (tries < 100) broken()
        journal.outcome = 'gone'
      }
      const handle = await signal({ announced: 1 })
      expect(await handle.result()).toEqual({ outcome: 'gone' })
      expect(tries).toBe(100)
      const runs = await runsOf(tests, handle)
      expect(runs.length).toBeGreaterThan(1)
      expect(Math.max(...runs.map(({ events }) => events))).toBeLessThan(300)
    })
  })

  test('shows that it is open again when news is waited for', async () => {
    await withTransaction(tests, async ({ signal, journal }) => {
      journal.beforePublishing = broken
      const handle = await signal({ announced: 2, images: 2, completeImages: 2 })
      await untilStatus(handle, 'it failed', ({ state }) => state === 'failed')
      Object.assign(journal, { messages: 2, beforePublishing: () => undefined })
      await signal({ announced: 2, messages: 2, images: 3, completeImages: 2, missing: 1 })
      await untilStatus(handle, 'it waits', ({ state }) => state === 'incomplete')
      expect(await shownState(handle)).toBe('incomplete')
      await handle.result()
    })
  })
})
