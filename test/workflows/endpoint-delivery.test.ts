import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ApplicationFailure, Context } from '@temporalio/activity'
import { setTimeout } from 'node:timers/promises'
import type { DeliveryResult } from '../../activities/deliver-endpoint.ts'
import {
  enableSignal,
  pauseSignal,
  resumeSignal,
  retryNowSignal,
  statusQuery,
} from '../../workflows/messages.ts'
import {
  asleep,
  trouble,
  untilInterrupted,
  withEndpoint,
  type DeliveryScript,
  type ScriptedEndpoint,
} from '../support/endpoint-workflow.ts'
import { recordHistory } from '../support/record-history.ts'
import { runsOf } from '../support/runs-of.ts'
import { until } from '../support/until.ts'
import { createWorkflowTests, type WorkflowTests } from '../support/workflow-tests.ts'

let tests: WorkflowTests

beforeAll(async () => {
  tests = await createWorkflowTests()
})

afterAll(async () => {
  await tests.environment.teardown()
})

const withScript = (script: DeliveryScript, work: (endpoint: ScriptedEndpoint) => Promise<void>) =>
  withEndpoint(tests, script, work)

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

/** Hears nothing but the server's answer to a heartbeat. */
async function untilCancelled(): Promise<DeliveryResult> {
  const { cancellationSignal, heartbeat } = Context.current()
  while (!cancellationSignal.aborted) {
    heartbeat()
    await setTimeout(50)
  }
  return { outcome: 'unfinished', delivered: 4, refused: 0 }
}

describe('the workflow of an endpoint', () => {
  test('ends when the endpoint has fallen asleep', async () => {
    await withScript([{ ...asleep, delivered: 5, refused: 1 }], async ({ handle, calls }) => {
      await handle.result()
      expect(calls).toHaveLength(1)
      expect(calls[0]?.probe).toBe(false)
      await expect(handle.query(statusQuery)).resolves.toEqual({
        state: 'idle',
        delivered: 5,
        refused: 1,
        failures: 0,
      })
      await recordHistory(handle, 'endpoint-delivery-asleep')
    })
  })

  test('goes on at once where a delivery was asked to end early', async () => {
    const unfinished = { ...asleep, outcome: 'unfinished' as const }
    await withScript([unfinished, unfinished], async ({ handle, calls }) => {
      await handle.result()
      expect(calls).toHaveLength(3)
    })
  })

  test('looks again where it was woken while a delivery fell asleep', async () => {
    const held = createHeldDelivery(asleep)
    await withScript([held.run], async ({ handle, calls, wake }) => {
      await until('the delivery has started', () => calls.length === 1)
      await wake()
      held.release()
      await handle.result()
      expect(calls).toHaveLength(2)
    })
  })

  test('leaves an endpoint in trouble alone for longer and longer, and probes it', async () => {
    await withScript(Array<DeliveryResult>(10).fill(trouble), async ({ handle, calls }) => {
      await handle.result()
      const gaps = calls.slice(1).map((call, index) => call.atMs - (calls[index]?.atMs ?? 0))
      const scheduleSeconds = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400, 86_400]
      expect(gaps).toHaveLength(scheduleSeconds.length)
      scheduleSeconds.forEach((seconds, index) => {
        expect(gaps[index]).toBeGreaterThanOrEqual(seconds * 1_000)
        expect(gaps[index]).toBeLessThan(seconds * 1_200 + 5_000)
      })
      expect(calls.map(({ probe }) => probe)).toEqual([false, ...Array<boolean>(10).fill(true)])
      await recordHistory(handle, 'endpoint-delivery-back-off')
    })
  })

  test('waits for as long as the endpoint itself asks', async () => {
    const busy = { ...trouble, status: 429, error: 'status-429', retryAfterMs: 3_600_000 }
    await withScript([busy], async ({ handle, calls }) => {
      await handle.result()
      const gap = (calls[1]?.atMs ?? 0) - (calls[0]?.atMs ?? 0)
      expect(gap).toBeGreaterThanOrEqual(3_600_000)
      expect(gap).toBeLessThan(3_600_000 * 1.2 + 5_000)
    })
  })

  test('starts the schedule afresh after a delivery', async () => {
    const flapping = { ...trouble, delivered: 1 }
    await withScript([trouble, trouble, flapping], async ({ handle, calls }) => {
      await handle.result()
      expect((calls[3]?.atMs ?? 0) - (calls[2]?.atMs ?? 0)).toBeLessThan(15_000)
    })
  })

  test('says why and until when it backs off, and ends it when it is told to', async () => {
    await withScript([trouble, trouble], async ({ handle, calls }) => {
      await until('it backs off', async () => {
        const status = await handle.query(statusQuery)
        return status.state === 'backing-off'
      })
      const status = await handle.query(statusQuery)
      expect(status).toMatchObject({ failures: 1, lastStatus: 503, lastError: 'status-503' })
      expect(Date.parse(status.nextAttemptAt ?? '')).toBeGreaterThan(calls[0]?.atMs ?? 0)
      await handle.signal(retryNowSignal)
      await until('it tries again', () => calls.length === 2)
      await handle.signal(retryNowSignal)
      await handle.result()
      await recordHistory(handle, 'endpoint-delivery-retry-now')
    })
  })

  test('pauses at once, and resumes', async () => {
    await withScript([untilInterrupted], async ({ handle, calls }) => {
      await until('the delivery has started', () => calls.length === 1)
      await handle.signal(pauseSignal)
      await until('it is paused', async () => {
        const { state, delivered } = await handle.query(statusQuery)
        return state === 'paused' && delivered === 3
      })
      expect(calls[0]?.interrupted.aborted).toBe(true)
      expect(calls).toHaveLength(1)
      await handle.signal(resumeSignal)
      await handle.result()
      expect(calls).toHaveLength(2)
      await recordHistory(handle, 'endpoint-delivery-pause')
    })
  })

  test('cancels a delivery that did not hear of the pause', async () => {
    await withScript([untilCancelled], async ({ handle, calls }) => {
      await until('the delivery has started', () => calls.length === 1)
      await handle.signal(pauseSignal)
      await until('it is paused', async () => {
        const { state, delivered } = await handle.query(statusQuery)
        return state === 'paused' && delivered === 4
      })
      await handle.signal(resumeSignal)
      await handle.result()
      await recordHistory(handle, 'endpoint-delivery-cancelled')
    })
  })

  test('pauses while its delivery waits for the journal to come back', async () => {
    const away = () => Promise.reject(ApplicationFailure.create({ nextRetryDelay: '1 hour' }))
    await withScript([away], async ({ handle, calls }) => {
      await until('the delivery has failed', async () => {
        const { pendingActivities } = (await handle.describe()).raw
        return Number(pendingActivities?.[0]?.attempt) === 2
      })
      await handle.signal(pauseSignal)
      await tests.environment.sleep('10 seconds')
      await until('it is paused', async () => {
        const { state, delivered } = await handle.query(statusQuery)
        return state === 'paused' && delivered === 0
      })
      expect(calls).toHaveLength(1)
      await handle.signal(resumeSignal)
      await handle.result()
      expect(calls).toHaveLength(2)
      await recordHistory(handle, 'endpoint-delivery-pause-between-tries')
    })
  })

  test('is disabled by 410, and sends again once it is enabled', async () => {
    const gone = { ...trouble, outcome: 'gone' as const, status: 410, error: 'status-410' }
    await withScript([gone], async ({ handle, calls, wake }) => {
      await until('it is disabled', async () => {
        const { state } = await handle.query(statusQuery)
        return state === 'disabled'
      })
      await wake()
      await handle.signal(retryNowSignal)
      expect(calls).toHaveLength(1)
      await handle.signal(enableSignal)
      await handle.result()
      expect(calls).toHaveLength(2)
      expect(calls[1]?.probe).toBe(true)
      await recordHistory(handle, 'endpoint-delivery-disabled')
    })
  })

  test('keeps its history short through an outage of a year', async () => {
    const script = Array<DeliveryResult>(380).fill(trouble)
    await withScript(script, async ({ handle, calls }) => {
      await handle.result()
      expect(calls).toHaveLength(script.length + 1)
      const runs = await runsOf(tests, handle)
      // The server suggests a fresh run after 4,096 events.
      expect(Math.max(...runs.map(({ events }) => events))).toBeLessThan(5_000)
    })
  }, 240_000)

  test('keeps what it knows when its history grows long', async () => {
    const many = Array<DeliveryResult>(700).fill({
      ...asleep,
      outcome: 'unfinished',
      delivered: 1,
    })
    await withScript(many, async ({ handle, calls }) => {
      await handle.result()
      const { delivered } = await handle.query(statusQuery)
      expect(calls).toHaveLength(many.length + 1)
      expect(delivered).toBe(many.length)
      const { runId } = await handle.describe()
      expect(runId).not.toBe(handle.signaledRunId)
    })
  })
})
