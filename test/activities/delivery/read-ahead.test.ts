import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { createByteBudget } from '../../../activities/delivery/create-byte-budget.ts'
import type { DeliveryJournal } from '../../../activities/delivery/delivery-journal.ts'
import { createDelivery } from '../../support/push-journal.ts'
import { until } from '../../support/until.ts'
import type { SinkAnswer } from '../../support/webhook-sink.ts'
import { allAre, createRunFixtures, idsOf, type RunFixtures } from './create-run-fixtures.ts'

let fixtures: RunFixtures

beforeAll(async () => {
  fixtures = await createRunFixtures()
})

afterEach(async () => {
  await fixtures.closeSinks()
})

afterAll(async () => {
  await fixtures.drop()
})

describe('what a delivery reads ahead', () => {
  test('reads on only while it holds little, however few the messages are', async () => {
    const answers = Promise.withResolvers<SinkAnswer>()
    const fixture = await fixtures.create(() => answers.promise, { maxConcurrency: 1 })
    const body = 'x'.repeat(300 * 1_024)
    const ids = idsOf(6)
    await fixtures.test.journal.append(ids.map((id) => createDelivery(fixture.endpoint, id, body)))
    let held = 0
    const counting: DeliveryJournal = {
      ...fixtures.test.journal,
      async read(endpointId, after) {
        const page = await fixtures.test.journal.read(endpointId, after)
        held += page.messages.length
        return page
      },
    }
    const run = fixture.run({ journal: counting })
    // One is under way; the two after it are more than half a MiB.
    await until('it has read', () => held === 3)
    await fixture.sink.untilArrived(['message-0'])
    expect(held).toBe(3)
    answers.resolve({ status: 204 })
    await expect(run).resolves.toMatchObject({ outcome: 'asleep', delivered: 6 })
  })

  test('shares what a process may hold, and no endpoint goes without', async () => {
    const answers = Promise.withResolvers<SinkAnswer>()
    const body = 'x'.repeat(1_000)
    const budget = createByteBudget(3_000)
    const greedy = await fixtures.create(() => answers.promise)
    await greedy.append(idsOf(10), body)
    const greedyRun = greedy.run({ budget })
    await greedy.sink.untilArrived(idsOf(2))
    const other = await fixtures.create()
    await other.append(idsOf(4), body)
    await expect(other.run({ budget })).resolves.toMatchObject({ outcome: 'asleep', delivered: 4 })
    expect(greedy.sink.received).toHaveLength(2)
    answers.resolve({ status: 204 })
    await expect(greedyRun).resolves.toMatchObject({ outcome: 'asleep', delivered: 10 })
    expect(budget.take(3_000)).toBe(true)
  })

  test('gives back what it has read ahead and not sent', async () => {
    const budget = createByteBudget(100_000)
    const fixture = await fixtures.create(() => ({ status: 503 }))
    await fixture.append(idsOf(50), 'x'.repeat(1_000))
    await expect(fixture.run({ budget })).resolves.toMatchObject({ outcome: 'trouble' })
    expect(budget.take(100_000)).toBe(true)
  })

  test('gives back what it is still reading when it ends', async () => {
    const budget = createByteBudget(100_000)
    const fixture = await fixtures.create()
    await fixture.append(idsOf(2), 'x'.repeat(1_000))
    const stop = new AbortController()
    const reading = Promise.withResolvers<undefined>()
    const journal: DeliveryJournal = {
      ...fixtures.test.journal,
      async read(endpointId, after) {
        const page = await fixtures.test.journal.read(endpointId, after)
        stop.abort()
        await reading.promise
        return page
      },
    }
    const run = fixture.run({ journal, budget, stop: stop.signal })
    await once(stop.signal, 'abort')
    reading.resolve(undefined)
    await expect(run).resolves.toMatchObject({ outcome: 'unfinished', delivered: 0 })
    expect(budget.take(100_000)).toBe(true)
  })

  test('settles as expired what is not there any more', async () => {
    const fixture = await fixtures.create()
    await fixture.append(idsOf(3))
    const journal: DeliveryJournal = {
      ...fixtures.test.journal,
      async read(endpointId, after) {
        const page = await fixtures.test.journal.read(endpointId, after)
        const messages = page.messages.map((message) =>
          message.messageId === 'message-1' ? { ...message, body: undefined } : message,
        )
        return { ...page, messages }
      },
    }
    await expect(fixture.run({ journal })).resolves.toMatchObject({ delivered: 2, refused: 0 })
    await expect(fixture.outcomes()).resolves.toEqual({
      ...allAre(idsOf(3), 'delivered'),
      'message-1': 'expired',
    })
  })
})
