import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { WithStartWorkflowOperation, WorkflowUpdateFailedError } from '@temporalio/client'
import { ApplicationFailure } from '@temporalio/common'
import type { MessageResult } from '../../activities/deliver-message.ts'
import { backOffScheduleMs } from '../../workflows/endpoint/back-off-delay.ts'
import {
  dropUpdate,
  messageStatusQuery,
  refusedSignal,
  retryNowSignal,
} from '../../workflows/messages.ts'
import {
  delivered,
  refused,
  startMessage,
  withMessage,
  type MessageHandle,
} from '../support/message-workflow.ts'
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

const second = 1_000
const day = 86_400 * second

const detailsOf = async (handle: MessageHandle) => {
  const { currentDetails } = await handle.query<{ currentDetails: string }>(
    '__temporal_workflow_metadata',
  )
  return currentDetails
}

describe('the workflow of a refused message', () => {
  test('tries it by its own schedule until it is delivered', async () => {
    await withMessage(tests, [refused, refused, delivered], async (message) => {
      const startedAt = await tests.environment.currentTimeMs()
      const handle = await startMessage(message)
      await expect(handle.result()).resolves.toEqual({ state: 'delivered' })
      const times = [startedAt, ...message.tries]
      const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
      expect(gaps).toHaveLength(3)
      gaps.forEach((gap, index) => {
        expect(gap).toBeGreaterThanOrEqual((backOffScheduleMs[index] ?? 0) - second)
        expect(gap).toBeLessThan((backOffScheduleMs[index] ?? 0) * 1.2 + 10 * second)
      })
      expect(message.settlements).toEqual([])
      const { memo, typedSearchAttributes } = await handle.describe()
      expect(memo).toMatchObject({ host: 'hooks.example', endpointId: 'endpoint' })
      expect(typedSearchAttributes.getAll().map(({ value }) => value)).toEqual(
        expect.arrayContaining(['endpoint', 'case-17', 'delivered']),
      )
      await recordHistory(handle, 'message-delivery-delivered')
    })
  })

  test('makes it dead after nine tries, and waits for an operator, who drops it', async () => {
    await withMessage(tests, [refused], async (message) => {
      const handle = await startMessage(message)
      await tests.environment.sleep('4 days')
      await until('it is dead', async () => {
        const { state } = await handle.query(messageStatusQuery)
        return state === 'dead'
      })
      expect(message.tries).toHaveLength(9)
      const target = { endpointId: 'endpoint', position: 42 }
      expect(message.settlements).toEqual([{ ...target, state: 'dead', reason: 'exhausted' }])
      expect(await detailsOf(handle)).toContain('**Dead**')
      await handle.signal(retryNowSignal)
      await until('it was tried once more', () => message.tries.length === 10)
      const reason = 'the case is closed'
      await expect(handle.executeUpdate(dropUpdate, { args: [{ reason }] })).resolves.toEqual({
        state: 'dropped',
      })
      await expect(handle.result()).resolves.toEqual({ state: 'dropped' })
      expect(message.settlements.at(-1)).toEqual({ ...target, state: 'dropped', reason })
      await recordHistory(handle, 'message-delivery-exhausted')
    })
  })

  test('is not counted while the endpoint must be left alone', async () => {
    const until = (await tests.environment.currentTimeMs()) + 3_600 * second
    const held: MessageResult = { outcome: 'held', error: 'backing-off', until }
    const paused: MessageResult = { outcome: 'held', error: 'paused' }
    await withMessage(tests, [held, paused, paused, delivered], async (message) => {
      const handle = await startMessage(message)
      await handle.result()
      const [, afterBackOff = 0, afterMinute = 0, last = 0] = message.tries
      expect(afterBackOff).toBeGreaterThanOrEqual(until)
      expect(afterBackOff - until).toBeLessThan(60 * second)
      expect(afterMinute - afterBackOff).toBeGreaterThanOrEqual(60 * second)
      expect(last - afterMinute).toBeGreaterThanOrEqual(120 * second)
      const { tries, held: hold } = await handle.query(messageStatusQuery)
      expect({ tries, hold }).toEqual({ tries: 0, hold: 'paused' })
      await recordHistory(handle, 'message-delivery-held')
    })
  })

  test('tries it at once when it is told to', async () => {
    await withMessage(tests, [refused, delivered], async (message) => {
      const handle = await startMessage(message)
      await handle.signal(retryNowSignal)
      await until('it was tried', async () => {
        const { tries } = await handle.query(messageStatusQuery)
        return tries === 1
      })
      expect(await detailsOf(handle)).toMatch(
        /\*\*Retrying\*\*.*status-400[^]*Try 2 of 9 comes at \d{4}-/,
      )
      await handle.signal(retryNowSignal)
      await expect(handle.result()).resolves.toEqual({ state: 'delivered' })
    })
  })

  test('counts what cannot be sent as a try, and says why', async () => {
    const broken = () =>
      Promise.reject(ApplicationFailure.nonRetryable('on purpose', 'secret-unreadable'))
    await withMessage(tests, [broken, delivered], async (message) => {
      const handle = await startMessage(message)
      await handle.signal(retryNowSignal)
      await until('it was tried', async () => {
        const { lastError } = await handle.query(messageStatusQuery)
        return lastError === 'secret-unreadable'
      })
      await expect(handle.result()).resolves.toEqual({ state: 'delivered' })
    })
  })

  test('ends when the journal has it as neither retrying nor dead any more', async () => {
    await withMessage(tests, [{ outcome: 'over' }], async (message) => {
      const handle = await startMessage(message)
      await expect(handle.result()).resolves.toEqual({ state: 'over' })
    })
  })

  test('looks once a day whether a dead message is still there', async () => {
    const looks: number[] = []
    const isRefused = async () => {
      looks.push(await tests.environment.currentTimeMs())
      return looks.length < 5
    }
    await withMessage(
      tests,
      [refused],
      async (message) => {
        const handle = await startMessage(message)
        await expect(handle.result()).resolves.toEqual({ state: 'over' })
        const gaps = looks.slice(1).map((look, index) => look - (looks[index] ?? 0))
        expect(gaps.map((gap) => Math.round(gap / day))).toEqual([1, 1, 1, 1])
        expect(message.tries).toEqual([])
      },
      { state: 'dead', operations: { isRefused } },
    )
  })

  test('begins the schedule anew where a dead message was replayed and refused', async () => {
    await withMessage(
      tests,
      [refused, delivered],
      async (message) => {
        const handle = await startMessage(message)
        await handle.signal(refusedSignal)
        await expect(handle.result()).resolves.toEqual({ state: 'delivered' })
        expect(message.tries).toHaveLength(2)
      },
      { state: 'dead' },
    )
  })

  test('describes to operators what can be asked of it', async () => {
    await withMessage(tests, [delivered], async (message) => {
      const handle = await startMessage(message)
      const { definition } = await handle.query<Metadata>('__temporal_workflow_metadata')
      const { signalDefinitions = [], queryDefinitions = [], updateDefinitions = [] } = definition
      const described = [...signalDefinitions, ...queryDefinitions, ...updateDefinitions].filter(
        ({ name }) => !name.startsWith('__'),
      )
      expect(described.map(({ name }) => name).toSorted()).toEqual(
        ['drop', 'refused', 'retryNow', 'status'].toSorted(),
      )
      for (const { description } of described) expect(description).toMatch(/\w/)
      await handle.result()
    })
  })

  test('keeps its history short, whatever comes', async () => {
    const busy: MessageResult = { outcome: 'held', error: 'paused' }
    await withMessage(tests, [busy], async (message) => {
      const handle = await startMessage(message)
      const latest = message.client.workflow.getHandle(handle.workflowId)
      const { runId } = await handle.describe()
      await until(
        'it has continued as new',
        async () => {
          const tried = message.tries.length
          await latest.signal(retryNowSignal)
          await until('it was tried', () => message.tries.length > tried)
          return (await latest.describe()).runId !== runId
        },
        200_000,
      )
      const { events } = await message.client.workflow
        .getHandle(handle.workflowId, runId)
        .fetchHistory()
      expect(events?.length).toBeLessThan(5_000)
      const { memo, typedSearchAttributes } = await latest.describe()
      expect(memo).toMatchObject({ host: 'hooks.example' })
      expect(typedSearchAttributes.getAll().map(({ value }) => value)).toContain('case-17')
      await latest.executeUpdate(dropUpdate, { args: [{ reason: 'enough' }] })
      await recordHistory(latest, 'message-delivery-continued')
    })
  }, 240_000)
})

type Definitions = readonly { readonly name: string; readonly description?: string }[]

interface Metadata {
  readonly definition: {
    readonly signalDefinitions?: Definitions
    readonly queryDefinitions?: Definitions
    readonly updateDefinitions?: Definitions
  }
}

describe('dropping a message', () => {
  test.each([
    ['nothing', undefined],
    ['no reason', {}],
    ['a blank reason', { reason: ' ' }],
    ['a number', { reason: 7 }],
    ['a reason that is too long', { reason: 'x'.repeat(501) }],
  ])('is refused for %s', async (_what, request) => {
    await withMessage(tests, [delivered], async (message) => {
      const handle = await startMessage(message)
      const dropping = handle.executeUpdate('drop', { args: [request] })
      await expect(dropping).rejects.toBeInstanceOf(WorkflowUpdateFailedError)
      await expect(dropping).rejects.toMatchObject({ cause: { type: 'reason-malformed' } })
      expect(message.settlements).toEqual([])
      await handle.result()
    })
  })

  test('ends a message that is retrying', async () => {
    await withMessage(tests, [refused], async (message) => {
      const handle = await startMessage(message)
      await handle.executeUpdate(dropUpdate, { args: [{ reason: 'wrong type' }] })
      await expect(handle.result()).resolves.toEqual({ state: 'dropped' })
      expect(message.tries).toEqual([])
      await recordHistory(handle, 'message-delivery-dropped')
    })
  })

  test('starts the workflow of a dead message that has none', async () => {
    await withMessage(
      tests,
      [refused],
      async ({ client, start, settlements }) => {
        const startWorkflowOperation = new WithStartWorkflowOperation('messageDelivery', {
          ...start,
          workflowIdConflictPolicy: 'USE_EXISTING',
        })
        const args: [{ reason: string }] = [{ reason: 'no more' }]
        const update = { args, startWorkflowOperation }
        await client.workflow.executeUpdateWithStart(dropUpdate, update)
        const handle = await startWorkflowOperation.workflowHandle()
        await expect(handle.result()).resolves.toEqual({ state: 'dropped' })
        expect(settlements).toHaveLength(1)
      },
      { state: 'dead' },
    )
  })

  test('is refused where the message has ended meanwhile, and ends its workflow', async () => {
    await withMessage(
      tests,
      [refused],
      async (message) => {
        const handle = await startMessage(message)
        const dropping = handle.executeUpdate(dropUpdate, { args: [{ reason: 'too late' }] })
        await expect(dropping).rejects.toMatchObject({ cause: { type: 'message-settled' } })
        await expect(handle.result()).resolves.toEqual({ state: 'over' })
      },
      { operations: { settleMessage: () => Promise.resolve(false) } },
    )
  })
})
