import { describe, expect, test } from '@jest/globals'
import {
  createOperationsActivities,
  type OperationsDependencies,
} from '../../activities/operate-endpoint.ts'
import { IpsError } from '../../lib/errors/ips-error.ts'

const stepMs = 10_000

/** Activities on a journal of which only these functions may be called; each call takes a second. */
function createActivities(journal: Partial<OperationsDependencies['journal']>) {
  let nowMs = 0
  const unexpected = () => Promise.reject(new Error('not expected'))
  return createOperationsActivities({
    journal: {
      ...{ bury: unexpected, loadRefused: unexpected, note: unexpected },
      ...{ replay: unexpected, settleRefused: unexpected },
      ...journal,
    },
    clock: () => (nowMs += 1_000),
  })
}

describe('a replay', () => {
  test('goes from page to page to its end', async () => {
    const pages: { after: number; limit: number }[] = []
    const activities = createActivities({
      replay(endpointId, selection, page) {
        expect([endpointId, selection]).toEqual(['endpoint', { since: 5 }])
        pages.push(page)
        return Promise.resolve(
          pages.length < 3 ? { messages: page.limit, next: page.after + 10 } : { messages: 2 },
        )
      },
    })
    const target = { endpointId: 'endpoint', selection: { since: 5 }, after: 7 }
    const { messages, next } = await activities.replayMessages(target)
    expect(pages.map(({ after }) => after)).toEqual([7, 17, 27])
    expect(messages).toBe(2 * (pages[0]?.limit ?? 0) + 2)
    expect(next).toBeUndefined()
  })

  test('ends a step after a while, and says where the next one begins', async () => {
    let last = 0
    const activities = createActivities({
      replay: (_endpointId, _selection, { after }) => {
        last = after + 1
        return Promise.resolve({ messages: 1, next: last })
      },
    })
    const { messages, next } = await activities.replayMessages({
      ...{ endpointId: 'endpoint', selection: {}, after: 0 },
    })
    expect(messages).toBeLessThanOrEqual(stepMs / 1_000)
    expect(next).toBe(last)
  })
})

describe('burying', () => {
  test('goes on until a page is not full', async () => {
    const limits: number[] = []
    const activities = createActivities({
      bury(endpointId, before, reason, limit) {
        expect([endpointId, before, reason]).toEqual(['endpoint', 99, 'exhausted'])
        limits.push(limit)
        return Promise.resolve(limits.length < 3 ? limit : 1)
      },
    })
    const target = { endpointId: 'endpoint', before: 99, reason: 'exhausted' }
    const { messages, hasMore } = await activities.buryMessages(target)
    expect(limits).toHaveLength(3)
    expect({ messages, hasMore }).toEqual({ messages: 2 * (limits[0] ?? 0) + 1, hasMore: false })
  })

  test('ends a step after a while, and says that there is more', async () => {
    const activities = createActivities({
      bury: (_endpointId, _before, _reason, limit) => Promise.resolve(limit),
    })
    const target = { endpointId: 'endpoint', before: 99, reason: 'exhausted' }
    await expect(activities.buryMessages(target)).resolves.toMatchObject({ hasMore: true })
  })
})

describe('a look at a message', () => {
  const look = (loadRefused: OperationsDependencies['journal']['loadRefused']) =>
    createActivities({ loadRefused }).isRefused({ endpointId: 'endpoint', position: 7 })

  test('says that it is gone where the journal has it as neither retrying nor dead', async () => {
    await expect(look(() => Promise.resolve(undefined))).resolves.toBe(false)
  })

  test.each(['secret-unreadable', 'client-key-damaged', 'client-key-missing'])(
    'takes one that cannot be opened (%s) for one that is there',
    async (code) => {
      const unreadable = new IpsError(code, 'on purpose')
      await expect(look(() => Promise.reject(unreadable))).resolves.toBe(true)
    },
  )

  test('says nothing while the journal is away', async () => {
    const away = new IpsError('journal-unavailable', 'on purpose', { retryable: true })
    await expect(look(() => Promise.reject(away))).rejects.toBe(away)
  })
})
