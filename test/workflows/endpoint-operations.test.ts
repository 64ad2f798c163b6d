import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ApplicationFailure } from '@temporalio/activity'
import type { EndpointNote } from '../../activities/delivery/operations-journal.ts'
import type { DeliveryResult } from '../../activities/deliver-endpoint.ts'
import type { OperationsActivities } from '../../activities/operate-endpoint.ts'
import {
  disableSignal,
  enableSignal,
  pauseSignal,
  resumeSignal,
  retryNowSignal,
  statusQuery,
  type EndpointState,
} from '../../workflows/messages.ts'
import {
  asleep,
  trouble,
  untilInterrupted,
  withEndpoint,
  type EndpointHandle,
} from '../support/endpoint-workflow.ts'
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

const untilState = (handle: EndpointHandle, state: EndpointState) =>
  until(`the endpoint is ${state}`, async () => (await handle.query(statusQuery)).state === state)

describe('an operator', () => {
  test('disables an endpoint at once, and enables it', async () => {
    await withEndpoint(tests, [untilInterrupted], async ({ handle, calls }) => {
      await until('the delivery has started', () => calls.length === 1)
      await handle.signal(disableSignal)
      await untilState(handle, 'disabled')
      await handle.signal(retryNowSignal)
      await handle.signal(resumeSignal)
      expect(calls).toHaveLength(1)
      await handle.signal(enableSignal)
      await handle.result()
      expect(calls).toHaveLength(2)
      await recordHistory(handle, 'endpoint-delivery-disabled-by-operator')
    })
  })

  test('disables an endpoint that backs off, and enabling it again tries at once', async () => {
    await withEndpoint(tests, [trouble, trouble], async ({ handle, calls }) => {
      await until('it has failed twice', async () => {
        const { failures } = await handle.query(statusQuery)
        return failures === 2
      })
      await handle.signal(disableSignal)
      await untilState(handle, 'disabled')
      const before = await tests.environment.currentTimeMs()
      await handle.signal(enableSignal)
      await handle.result()
      expect((calls[2]?.atMs ?? 0) - before).toBeLessThan(60_000)
    })
  })

  test('pauses an endpoint that sleeps before anything is sent', async () => {
    await withEndpoint(
      tests,
      [],
      async ({ handle, calls }) => {
        await untilState(handle, 'paused')
        expect(calls).toHaveLength(0)
        await handle.signal(resumeSignal)
        await handle.result()
        expect(calls).toHaveLength(1)
      },
      { signal: pauseSignal },
    )
  })
})

describe('the journal', () => {
  test('is told of trouble, pause and disabling, and that they are over', async () => {
    const { notes, noteEndpoint } = createNotes()
    const recovered: DeliveryResult = { ...asleep, delivered: 1 }
    await withEndpoint(
      tests,
      [trouble, untilInterrupted, recovered],
      async ({ handle, calls }) => {
        await until('it was tried again', () => calls.length === 2)
        await handle.signal(pauseSignal)
        await untilState(handle, 'paused')
        await handle.signal(disableSignal)
        await handle.signal(resumeSignal)
        await untilState(handle, 'disabled')
        await handle.signal(enableSignal)
        await handle.result()
      },
      { operations: { noteEndpoint } },
    )
    expect(notes.map(({ state, failures }) => [state, failures])).toEqual([
      ['backing-off', 1],
      ['paused', 0],
      ['disabled', 0],
    ])
    expect(notes[0]).toMatchObject({ lastStatus: 503, lastError: 'status-503' })
    expect(notes[0]?.nextAttemptAt).toBeGreaterThan(0)
  })

  test('is told that the failures are over where nothing else says so', async () => {
    const { notes, noteEndpoint } = createNotes()
    await withEndpoint(
      tests,
      [trouble, { ...asleep, delivered: 1 }],
      ({ handle }) => handle.result(),
      { operations: { noteEndpoint } },
    )
    expect(notes).toEqual([
      expect.objectContaining({ state: 'backing-off', failures: 1 }),
      { state: 'idle', failures: 0 },
    ])
  })

  test('is told nothing of an endpoint without trouble, which leaves no event for it', async () => {
    const { notes, noteEndpoint } = createNotes()
    await withEndpoint(
      tests,
      [{ ...asleep, delivered: 1_000 }],
      async ({ handle }) => {
        await handle.result()
        const { events } = await handle.fetchHistory()
        expect(events?.length).toBeLessThanOrEqual(13)
      },
      { operations: { noteEndpoint } },
    )
    expect(notes).toEqual([])
  })

  test('is told again what it could not take, while the endpoint stays paused', async () => {
    let refusals = 4
    const { notes, noteEndpoint } = createNotes()
    await withEndpoint(
      tests,
      [],
      async ({ handle }) => {
        await untilState(handle, 'paused')
        await tests.environment.sleep('2 minutes')
        await until('it was told', () => notes.length > 0)
        await handle.signal(resumeSignal)
        await handle.result()
        expect(notes.map(({ state }) => state)).toEqual(['paused'])
      },
      {
        signal: pauseSignal,
        operations: {
          noteEndpoint: (target) =>
            refusals-- > 0 ? Promise.reject(new Error('away')) : noteEndpoint(target),
        },
      },
    )
  })
})

describe('an endpoint that fails beyond its schedule', () => {
  test('has what has waited for longer made dead, in steps, and is tried on', async () => {
    const buried: Parameters<OperationsActivities['buryMessages']>[0][] = []
    const script = Array<DeliveryResult>(11).fill(trouble)
    await withEndpoint(
      tests,
      script,
      async ({ handle, calls }) => {
        await handle.result()
        const hours = (ms = 0) => ms / 3_600_000
        const tenthTry = calls[9]?.atMs ?? 0
        expect(hours(tenthTry - (buried[0]?.before ?? 0))).toBeCloseTo(75.6, 0)
        expect(buried.map(({ reason }) => reason)).toEqual(['exhausted', 'exhausted', 'exhausted'])
        // Two steps after the tenth failure, one after the eleventh.
        expect(buried[0]?.before).toBe(buried[1]?.before)
        expect(hours((buried[2]?.before ?? 0) - (buried[1]?.before ?? 0))).toBeGreaterThan(23)
        expect(calls).toHaveLength(12)
        await expect(handle.query(statusQuery)).resolves.toMatchObject({ exhausted: 502 })
        await recordHistory(handle, 'endpoint-delivery-exhausted')
      },
      {
        operations: {
          buryMessages(target) {
            buried.push(target)
            const isFirst = buried.length === 1
            return Promise.resolve({ messages: isFirst ? 500 : 1, hasMore: isFirst })
          },
        },
      },
    )
  })
})

describe('what operators see', () => {
  test('says in sentences what happens and what comes next', async () => {
    const gone = { ...trouble, outcome: 'gone' as const, status: 410, error: 'status-410' }
    await withEndpoint(tests, [trouble, gone], async ({ handle }) => {
      await untilState(handle, 'backing-off')
      const backingOff = await detailsOf(handle)
      expect(backingOff).toContain('**Backs off** from hooks.example.')
      expect(backingOff).toContain('It has failed with status-503.')
      expect(backingOff).toMatch(/The next try comes at \d{4}-\d\d-\d\dT[\d:.]+Z/)
      await handle.signal(pauseSignal)
      await untilState(handle, 'paused')
      expect(await detailsOf(handle)).toContain('**Paused** by an operator')
      await handle.signal(resumeSignal)
      await handle.signal(retryNowSignal)
      await untilState(handle, 'disabled')
      expect(await detailsOf(handle)).toContain('**Disabled**, since the endpoint answered 410')
      await handle.signal(enableSignal)
      await handle.result()
      const { memo } = await handle.describe()
      expect(memo).toEqual({ clientId: expect.any(String) as unknown, host: 'hooks.example' })
    })
  })

  test('describes every signal and query, with its input', async () => {
    await withEndpoint(tests, [untilInterrupted], async ({ handle }) => {
      const { definition } = await handle.query<Metadata>('__temporal_workflow_metadata')
      const described = [
        ...(definition?.signalDefinitions ?? []),
        ...(definition?.queryDefinitions ?? []),
      ].filter(({ name }) => !name.startsWith('__'))
      expect(described.map(({ name }) => name).toSorted()).toEqual(
        [
          'wakeUp',
          'pause',
          'resume',
          'retryNow',
          'disable',
          'enable',
          'replay',
          'status',
        ].toSorted(),
      )
      for (const { description } of described) expect(description).toMatch(/\w/)
      await handle.signal(pauseSignal)
      await handle.signal(resumeSignal)
      await handle.result()
    })
  })

  test('includes failures of operations by their code', async () => {
    const replayMessages = () =>
      Promise.reject(ApplicationFailure.nonRetryable('on purpose', 'journal-refused'))
    await withEndpoint(
      tests,
      [untilInterrupted],
      async ({ handle }) => {
        await handle.signal('replay')
        await until('the failure is shown', async () =>
          (await detailsOf(handle)).includes('A replay has failed: journal-refused.'),
        )
        await handle.signal(pauseSignal)
        await handle.signal(resumeSignal)
        await handle.result()
      },
      { operations: { replayMessages } },
    )
  })
})

interface Metadata {
  readonly currentDetails?: string
  readonly definition?: {
    readonly signalDefinitions?: readonly { name: string; description?: string }[]
    readonly queryDefinitions?: readonly { name: string; description?: string }[]
  }
}

async function detailsOf(handle: EndpointHandle): Promise<string> {
  const { currentDetails = '' } = await handle.query<Metadata>('__temporal_workflow_metadata')
  return currentDetails
}

function createNotes() {
  const notes: EndpointNote[] = []
  return {
    notes,
    noteEndpoint: ({ note }: { note: EndpointNote }) => {
      notes.push(note)
      return Promise.resolve()
    },
  }
}
