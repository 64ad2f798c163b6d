import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { TestWorkflowEnvironment } from '@temporalio/testing'
import {
  bundleWorkflowCode,
  DefaultLogger,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker'
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import type {
  DecidedRevision,
  PublishSummaryInput,
  SummaryActivities,
} from '../../activities/summary/publish-summary.ts'
import { recordHistory } from '../support/record-history.ts'
import { createTimeSkippingEnvironment } from '../support/temporal.ts'
import type { Progress } from '../../workflows/transaction/progress.ts'
import { progressedSignal } from '../../workflows/transaction/transaction-messages.ts'
import type { transactionSummary } from '../../workflows/transaction-summary.ts'

let environment: TestWorkflowEnvironment
let workflowBundle: WorkflowBundleWithSourceMap

beforeAll(async () => {
  environment = await createTimeSkippingEnvironment()
  workflowBundle = await bundleWorkflowCode({
    workflowsPath: path.resolve('workflows/transaction-summary.ts'),
    logger: new DefaultLogger('ERROR'),
  })
})

afterAll(async () => {
  await environment.teardown()
})

/** An activity that decides whatever it is asked for, as of what `journal` holds. */
function createPublisher() {
  const published: PublishSummaryInput[] = []
  const journal: { messages: number; outcome: DecidedRevision['outcome'] | 'gone' } = {
    messages: 1,
    outcome: 'complete',
  }
  const activities: SummaryActivities = {
    publishSummary(input) {
      published.push(input)
      const { outcome, messages } = journal
      const { revision } = input
      return Promise.resolve(outcome === 'gone' ? null : { outcome, revision, messages })
    },
    noteExtension: () => Promise.resolve(),
  }
  return { published, journal, activities }
}

/** A worker of its own, and the consumer's way to tell a transaction's workflow. */
async function createTransaction() {
  const taskQueue = randomUUID()
  const publisher = createPublisher()
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue,
    workflowBundle,
    activities: publisher.activities,
  })
  const startedAtMs = await environment.currentTimeMs()
  const snapshot = (members: Partial<Progress>): Progress => ({
    messages: 1,
    images: 1,
    completeImages: 1,
    announced: 0,
    missing: 0,
    missingSample: [],
    windowStartMs: startedAtMs,
    windowSeconds: day,
    idleSeconds: 30,
    revision: 0,
    decidedMessages: 0,
    ...members,
  })
  const signal = (members: Partial<Progress>) =>
    environment.client.workflow.signalWithStart<typeof transactionSummary, [Progress]>(
      'transactionSummary',
      {
        workflowId: `transaction/client/${taskQueue}`,
        taskQueue,
        args: [{ clientId: 'client', correlationId: taskQueue }],
        signal: progressedSignal,
        signalArgs: [snapshot(members)],
      },
    )
  /** Seconds from the start until revision `index + 1` was decided. */
  const decidedAfterSeconds = (index: number) =>
    ((publisher.published[index]?.decidedAtMs ?? NaN) - startedAtMs) / 1000
  return { ...publisher, worker, signal, decidedAfterSeconds }
}

const hour = 3_600
const day = 24 * hour

describe('transactionSummary', () => {
  test('publishes at once when every announced image is complete', async () => {
    const { worker, signal, published, journal, decidedAfterSeconds } = await createTransaction()
    await worker.runUntil(async () => {
      journal.messages = 4
      await signal({ announced: 2, completeImages: 0, missing: 1 })
      const handle = await signal({ announced: 2, messages: 4, images: 2, completeImages: 2 })
      expect(await handle.result()).toEqual({ outcome: 'complete', revision: 1 })
      await recordHistory(handle, 'transaction-summary-complete')
    })
    expect(published).toHaveLength(1)
    expect(decidedAfterSeconds(0)).toBeLessThan(hour)
  })

  test('waits for announced images until the window is over, then says what is missing', async () => {
    const { worker, signal, journal, decidedAfterSeconds } = await createTransaction()
    journal.outcome = 'partial'
    await worker.runUntil(async () => {
      const handle = await signal({ announced: 3 })
      expect(await handle.result()).toEqual({ outcome: 'partial', revision: 1 })
      await recordHistory(handle, 'transaction-summary-window-over')
    })
    expect(decidedAfterSeconds(0)).toBeGreaterThanOrEqual(day)
    expect(decidedAfterSeconds(0)).toBeLessThan(day + hour)
  })

  test('ends when nothing came for the idle gap where no count was announced', async () => {
    const { worker, signal, journal, published, decidedAfterSeconds } = await createTransaction()
    await worker.runUntil(async () => {
      await signal({})
      await environment.sleep('20 seconds')
      journal.messages = 2
      await signal({ messages: 2, images: 2, completeImages: 2 })
      await environment.sleep('20 seconds')
      // A copy is no news: it does not move the end.
      const handle = await signal({ messages: 2, images: 2, completeImages: 2 })
      await handle.result()
      await recordHistory(handle, 'transaction-summary-idle')
    })
    expect(published).toHaveLength(1)
    expect(decidedAfterSeconds(0)).toBeGreaterThanOrEqual(50)
    expect(decidedAfterSeconds(0)).toBeLessThan(hour)
  })

  test('makes the next revision of a late result, in a run of its own', async () => {
    const { worker, signal, published, journal } = await createTransaction()
    await worker.runUntil(async () => {
      journal.outcome = 'partial'
      const first = await signal({ completeImages: 0, missing: 1 })
      await first.result()
      journal.outcome = 'complete'
      journal.messages = 2
      const second = await signal({ messages: 2, revision: 1, decidedMessages: 1 })
      expect(await second.result()).toEqual({ outcome: 'complete', revision: 2 })
      await recordHistory(second, 'transaction-summary-late-revision')
    })
    expect(published.map(({ revision }) => revision)).toEqual([1, 2])
  })

  test('ends without a summary where the journal of the transaction is gone', async () => {
    const { worker, signal, journal } = await createTransaction()
    journal.outcome = 'gone'
    await worker.runUntil(async () => {
      const handle = await signal({ announced: 1 })
      expect(await handle.result()).toEqual({ outcome: 'gone' })
    })
  })

  test('survives signals that hold no snapshot', async () => {
    const { worker, signal } = await createTransaction()
    await worker.runUntil(async () => {
      const handle = await signal({})
      await handle.signal('progressed', 'by hand')
      await handle.signal('progressed')
      expect(await handle.result()).toEqual({ outcome: 'complete', revision: 1 })
    })
  })

  test('keeps its history small over the signals of 200 images', async () => {
    const { worker, signal, journal } = await createTransaction()
    const images = 200
    await worker.runUntil(async () => {
      for (let index = 1; index < images; index += 1) {
        await signal({ announced: images, messages: index, images: index, completeImages: index })
      }
      journal.messages = images
      const last = { announced: images, messages: images, images, completeImages: images }
      const handle = await signal(last)
      expect(await handle.result()).toEqual({ outcome: 'complete', revision: 1 })
      const { historyLength } = await handle.describe()
      expect(historyLength).toBeLessThan(1_000)
    })
  })
})
