import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { OperationsActivities } from '../../activities/operate-endpoint.ts'
import { pauseSignal, replaySignal, statusQuery } from '../../workflows/messages.ts'
import {
  untilInterrupted,
  withEndpoint,
  type EndpointHandle,
} from '../support/endpoint-workflow.ts'
import { recordHistory } from '../support/record-history.ts'
import { runsOf } from '../support/runs-of.ts'
import { until } from '../support/until.ts'
import { createServerWorkflowTests, type WorkflowTests } from '../support/workflow-tests.ts'

let tests: WorkflowTests

beforeAll(async () => {
  tests = await createServerWorkflowTests()
})

afterAll(async () => {
  await tests.environment.teardown()
})

/** After so many events the server suggests a fresh run. */
const suggestedEvents = 4_096
/** What comes until a delivery has ended is added. */
const mostEvents = 5_000

/**
 * Signals in groups, each when the one before is taken; when a run has become so long that it is to end, leaves it the moment
 * that it needs for that. What comes faster waits at the server, which adds it all at once.
 */
async function flood(
  handle: EndpointHandle,
  signals: number,
  isEnough: () => Promise<boolean> = () => Promise.resolve(false),
): Promise<void> {
  const senders = 50
  for (let sent = 0; sent < signals && !(await isEnough()); sent += senders) {
    await Promise.all(
      Array.from({ length: senders }, (_sender, index) =>
        index % 2 === 0 ? latest(handle).signal('wakeUp') : latest(handle).signal(replaySignal),
      ),
    )
    await untilTaken(handle)
    const { historyLength, runId } = await latest(handle).describe()
    if (historyLength < suggestedEvents) continue
    await until('the run has ended', async () => (await latest(handle).describe()).runId !== runId)
  }
}

/** A query is answered when the signals before it are taken; by a run that is just ending, never. */
async function untilTaken(handle: EndpointHandle): Promise<void> {
  const { connection } = tests.environment
  await until('the signals are taken', () =>
    connection.withDeadline(Date.now() + 3_000, () =>
      latest(handle)
        .query(statusQuery)
        .then(
          () => true,
          () => undefined,
        ),
    ),
  )
}

/** The latest run of a workflow, whichever it is. */
const latest = (handle: EndpointHandle) =>
  tests.environment.client.workflow.getHandle(handle.workflowId)

describe('the history of an endpoint', () => {
  test('stays short while one delivery goes on and thousands of signals come', async () => {
    const neverEnding = Array<typeof untilInterrupted>(50).fill(untilInterrupted)
    await withEndpoint(tests, neverEnding, async ({ handle, calls }) => {
      await flood(handle, 6_000)
      await latest(handle).signal(pauseSignal)
      await until('it is paused', async () => {
        const { state } = await latest(handle).query(statusQuery)
        return state === 'paused'
      })
      const runs = await runsOf(tests, handle)
      expect(runs.length).toBeGreaterThan(1)
      expect(Math.max(...runs.map(({ events }) => events))).toBeLessThan(mostEvents)
      // Each run has one delivery, and none is begun anew for a signal.
      expect(calls.length).toBeLessThanOrEqual(runs.length)
      const { delivered } = await latest(handle).query(statusQuery)
      expect(delivered).toBe(3 * calls.length)
      const { memo, typedSearchAttributes } = await latest(handle).describe()
      expect(memo).toMatchObject({ host: 'hooks.example' })
      expect(typedSearchAttributes.getAll()).toContainEqual(
        expect.objectContaining({ value: 'endpoint' }),
      )
      await latest(handle).terminate()
    })
  }, 240_000)

  test('hands on a replay that has not come to its end', async () => {
    const calls: Parameters<OperationsActivities['replayMessages']>[0][] = []
    let isAway = true
    const operations: Partial<OperationsActivities> = {
      replayMessages(call) {
        calls.push(call)
        if (call.selection.since === undefined) return Promise.resolve({ messages: 0 })
        if (call.after === 0) return Promise.resolve({ messages: 500, next: 41 })
        return isAway ? Promise.reject(new Error('away')) : Promise.resolve({ messages: 1 })
      },
    }
    const neverEnding = Array<typeof untilInterrupted>(50).fill(untilInterrupted)
    await withEndpoint(
      tests,
      neverEnding,
      async ({ handle }) => {
        await handle.signal(replaySignal, { since: '2026-11-24T06:00:00Z' })
        await until('a part is replayed', () => calls.length > 1)
        await flood(handle, 6_000, async () => {
          const { runId } = await latest(handle).describe()
          return runId !== handle.signaledRunId
        })
        isAway = false
        await until('the replay is over', async () => {
          const { replayed, replaying } = await latest(handle).query(statusQuery)
          return replaying === undefined && replayed === 501
        })
        const ofSince = calls.filter(({ selection }) => selection.since !== undefined)
        expect(ofSince.length).toBeGreaterThan(2)
        expect(ofSince.slice(1).every(({ after }) => after === 41)).toBe(true)
        await recordHistory(latest(handle), 'endpoint-delivery-continued')
        await latest(handle).terminate()
      },
      { operations },
    )
  }, 240_000)
})
