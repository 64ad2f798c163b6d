import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { DeliveryResult } from '../../activities/deliver-endpoint.ts'
import type { OperationsActivities } from '../../activities/operate-endpoint.ts'
import {
  disableSignal,
  enableSignal,
  pauseSignal,
  replaySignal,
  resumeSignal,
  statusQuery,
} from '../../workflows/messages.ts'
import { asleep, trouble, withEndpoint, type EndpointHandle } from '../support/endpoint-workflow.ts'
import { recordHistory } from '../support/record-history.ts'
import { until } from '../support/until.ts'
import { createWorkflowTests, type WorkflowTests } from '../support/workflow-tests.ts'

let tests: WorkflowTests

beforeAll(async () => {
  tests = await createWorkflowTests()
})

afterAll(async () => {
  await tests.environment.teardown()
})

type ReplayCall = Parameters<OperationsActivities['replayMessages']>[0]
type ReplayPage = Awaited<ReturnType<OperationsActivities['replayMessages']>>

/** Answers one page after the other, then that nothing is left. */
function createReplays(pages: readonly ReplayPage[] = []) {
  const calls: ReplayCall[] = []
  return {
    calls,
    replayMessages(call: ReplayCall): Promise<ReplayPage> {
      calls.push(call)
      return Promise.resolve(pages[calls.length - 1] ?? { messages: 0 })
    },
  }
}

/** A delivery that goes on until it is told. */
function createHeldDelivery(result: DeliveryResult) {
  const release = Promise.withResolvers<undefined>()
  return {
    release: () => release.resolve(undefined),
    run: async () => {
      await release.promise
      return result
    },
  }
}

const untilReplayed = (handle: EndpointHandle, replayed: number) =>
  until('the replay is over', async () => {
    const status = await handle.query(statusQuery)
    return status.replaying === undefined && status.replayed === replayed
  })

describe('a replay', () => {
  test('goes on page by page beside a delivery, which it neither ends nor begins anew', async () => {
    const replays = createReplays([{ messages: 500, next: 77 }, { messages: 3 }])
    const held = createHeldDelivery(asleep)
    await withEndpoint(
      tests,
      [held.run],
      async ({ handle, calls }) => {
        await until('the delivery has started', () => calls.length === 1)
        await handle.signal(replaySignal, { since: '2026-11-24T06:00:00Z' })
        await untilReplayed(handle, 503)
        const since = Date.parse('2026-11-24T06:00:00Z')
        expect(replays.calls.map(({ selection, after }) => [selection, after])).toEqual([
          [{ since }, 0],
          [{ since }, 77],
        ])
        expect(calls).toHaveLength(1)
        expect(calls[0]?.interrupted.aborted).toBe(false)
        held.release()
        await handle.result()
        // What was put into the queue is not left there.
        expect(calls).toHaveLength(2)
        await recordHistory(handle, 'endpoint-delivery-replay')
      },
      { operations: replays },
    )
  })

  test('without a request is one of what is dead, and starts an endpoint that sleeps', async () => {
    const replays = createReplays([{ messages: 2 }])
    await withEndpoint(tests, [], ({ handle }) => handle.result(), {
      operations: replays,
      signal: replaySignal,
    })
    expect(replays.calls.map(({ selection }) => selection)).toEqual([{}])
  })

  test.each([
    ['paused', pauseSignal, resumeSignal],
    ['disabled', disableSignal, enableSignal],
  ] as const)('is made for an endpoint that is %s', async (state, hold, release) => {
    const replays = createReplays([{ messages: 1 }])
    await withEndpoint(
      tests,
      [],
      async ({ handle, calls }) => {
        await until(
          'nothing is sent',
          async () => (await handle.query(statusQuery)).state === state,
        )
        await handle.signal(replaySignal, { ids: ['a'] })
        await untilReplayed(handle, 1)
        expect(calls).toHaveLength(0)
        await handle.signal(release)
        await handle.result()
        expect(calls).toHaveLength(1)
      },
      { operations: replays, signal: hold },
    )
  })

  test('is made while the endpoint backs off', async () => {
    const replays = createReplays([{ messages: 1 }])
    await withEndpoint(
      tests,
      [trouble],
      async ({ handle }) => {
        await until('it backs off', async () => {
          const { state } = await handle.query(statusQuery)
          return state === 'backing-off'
        })
        await handle.signal(replaySignal)
        await untilReplayed(handle, 1)
        await handle.result()
      },
      { operations: replays },
    )
  })

  test('that makes no sense is not made, which operators are told', async () => {
    const replays = createReplays()
    const held = createHeldDelivery(asleep)
    const requests = [
      'everything',
      7,
      [],
      { since: 'yesterday' },
      { ids: 'a' },
      { ids: [] },
      { sinse: '2026-11-24T06:00:00Z' },
    ]
    await withEndpoint(
      tests,
      [held.run],
      async ({ handle }) => {
        for (const request of requests) await handle.signal('replay', request)
        const { currentDetails } = await handle.query<{ currentDetails: string }>(
          '__temporal_workflow_metadata',
        )
        expect(currentDetails).toContain(
          'A replay was asked for and ignored: `sinse` is not known.',
        )
        held.release()
        await handle.result()
        expect(replays.calls).toEqual([])
      },
      { operations: replays },
    )
  })

  test('is joined with others of its kind that wait, however many there are', async () => {
    const first = Promise.withResolvers<ReplayPage>()
    const calls: ReplayCall[] = []
    const replayMessages = (call: ReplayCall) => {
      calls.push(call)
      return calls.length === 1 ? first.promise : Promise.resolve({ messages: 1 })
    }
    const held = createHeldDelivery(asleep)
    await withEndpoint(
      tests,
      [held.run],
      async ({ handle }) => {
        await handle.signal(replaySignal)
        await until('the first one is under way', () => calls.length === 1)
        for (let index = 0; index < 50; index += 1) {
          await handle.signal(replaySignal, { ids: [`message-${index % 5}`] })
          await handle.signal(replaySignal)
        }
        first.resolve({ messages: 1 })
        await untilReplayed(handle, 3)
        held.release()
        await handle.result()
        expect(calls.map(({ selection }) => selection)).toEqual([
          {},
          { ids: [0, 1, 2, 3, 4].map((index) => `message-${index}`) },
          {},
        ])
      },
      { operations: { replayMessages } },
    )
  })
})
