import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import type { DeliveryJournal } from '../../../activities/delivery/delivery-journal.ts'
import { createByteBudget } from '../../../activities/delivery/create-byte-budget.ts'
import type { ReceivedWebhook, SinkAnswer } from '../../support/webhook-sink.ts'
import { until } from '../../support/until.ts'
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

const batch = { maxMessages: 10, maxWaitMs: 0 }
/** Longer than any test. */
const never = 600_000

/** The ids in a batch's body. */
function idsIn({ body }: ReceivedWebhook): string[] {
  return (JSON.parse(body) as { id: string }[]).map(({ id }) => id)
}

describe('a delivery in batches', () => {
  test('sends arrays of the messages, each with its id first, and settles each', async () => {
    const fixture = await fixtures.create(undefined, { batch, maxConcurrency: 1 })
    const ids = idsOf(25)
    await fixture.append(ids, '{"type":"t"}')
    await expect(fixture.run()).resolves.toEqual({ outcome: 'asleep', delivered: 25, refused: 0 })
    expect(fixture.sink.received.map(idsIn)).toEqual([
      ids.slice(0, 10),
      ids.slice(10, 20),
      ids.slice(20),
    ])
    expect(fixture.sink.received[0]?.body).toMatch(/^\[\{"id":"message-0","type":"t"\},/)
    expect(fixture.sink.ids().size).toBe(3)
    expect(fixture.sink.received[0]?.id).toMatch(/^batch_[0-9a-f]{32}$/)
    await expect(fixture.outcomes()).resolves.toEqual(allAre(ids, 'delivered'))
  })

  test('waits for company, and not for longer than the claim says', async () => {
    const fixture = await fixtures.create(undefined, {
      batch: { maxMessages: 3, maxWaitMs: never },
    })
    await fixture.append(idsOf(2))
    const stop = new AbortController()
    const run = fixture.run({ lingerMs: never, stop: stop.signal })
    await fixture.append(['message-2'])
    await until('the batch is there', () => fixture.sink.received.length === 1)
    expect(fixture.sink.received.map(idsIn)).toEqual([idsOf(3)])
    stop.abort()
    await run

    const hurried = await fixtures.create(undefined, { batch: { maxMessages: 3, maxWaitMs: 1 } })
    await hurried.append(idsOf(2))
    await hurried.run({ lingerMs: 0 })
    expect(hurried.sink.received.map(idsIn)).toEqual([idsOf(2)])
  })

  test('that is stopped leaves what waits for company in the queue', async () => {
    const fixture = await fixtures.create(undefined, {
      batch: { maxMessages: 3, maxWaitMs: never },
    })
    await fixture.append(idsOf(2))
    const stop = new AbortController()
    const run = fixture.run({ lingerMs: never, stop: stop.signal })
    stop.abort()
    await expect(run).resolves.toMatchObject({ outcome: 'unfinished', delivered: 0 })
    await expect(fixture.outcomes()).resolves.toEqual(allAre(idsOf(2), 'pending'))
  })

  test('sends the same batch again after trouble, whatever came meanwhile and whatever the claim says now', async () => {
    let status = 503
    const fixture = await fixtures.create(() => ({ status }), { batch, maxConcurrency: 1 })
    await fixture.append(idsOf(4))
    await expect(fixture.run()).resolves.toMatchObject({ outcome: 'trouble' })
    status = 204
    await fixture.append(['later'])
    await fixtures.test.pool.query('UPDATE endpoints SET settings = $2 WHERE endpoint_id = $1', [
      fixture.endpoint.endpointId,
      { batch: { maxMessages: 2, maxWaitMs: 0 } },
    ])
    await expect(fixture.run({ probe: true })).resolves.toMatchObject({ delivered: 5 })
    expect(fixture.sink.received.map(idsIn)).toEqual([idsOf(4), idsOf(4), ['later']])
    const [first, second] = fixture.sink.received
    expect(second?.id).toBe(first?.id)
  })

  test('records a batch before it is sent', async () => {
    const answer = Promise.withResolvers<SinkAnswer>()
    const fixture = await fixtures.create(() => answer.promise, { batch })
    await fixture.append(idsOf(2))
    const recorded: boolean[] = []
    const journal: DeliveryJournal = {
      ...fixtures.test.journal,
      async recordBatch(...args) {
        await fixtures.test.journal.recordBatch(...args)
        recorded.push(fixture.sink.received.length === 0)
      },
    }
    const run = fixture.run({ journal })
    await until('it is sent', () => fixture.sink.received.length === 1)
    expect(recorded).toEqual([true])
    answer.resolve({ status: 204 })
    await run
  })

  test('splits a batch that is refused, so that only the message at fault is', async () => {
    const fixture = await fixtures.create(
      (webhook) => ({ status: idsIn(webhook).includes('message-1') ? 422 : 204 }),
      { batch, maxConcurrency: 1 },
    )
    const ids = idsOf(4)
    await fixture.append(ids)
    await expect(fixture.run()).resolves.toEqual({ outcome: 'asleep', delivered: 3, refused: 1 })
    expect(fixture.sink.received.map(idsIn)).toEqual([ids, ...ids.map((id) => [id])])
    await expect(fixture.outcomes()).resolves.toEqual({
      ...allAre(ids, 'delivered'),
      'message-1': 'retrying',
    })
  })

  test('does not put together again what it has split', async () => {
    const fixture = await fixtures.create(
      (webhook) => ({ status: idsIn(webhook).length > 1 ? 413 : 503 }),
      { batch, maxConcurrency: 1 },
    )
    const ids = idsOf(3)
    await fixture.append(ids)
    await expect(fixture.run()).resolves.toMatchObject({ outcome: 'trouble' })
    await expect(fixture.run({ probe: true })).resolves.toMatchObject({ outcome: 'trouble' })
    expect(fixture.sink.received.map(idsIn)).toEqual([ids, ['message-0'], ['message-0']])
  })

  test('sends what it has where there is no room for more', async () => {
    const fixture = await fixtures.create(undefined, {
      batch: { maxMessages: 10, maxWaitMs: never },
      maxConcurrency: 1,
    })
    const body = JSON.stringify({ text: 'x'.repeat(1_000) })
    await fixture.append(idsOf(6), body)
    const stop = new AbortController()
    const budget = createByteBudget(2.5 * body.length)
    const run = fixture.run({ budget, lingerMs: never, stop: stop.signal })
    await until('two batches are there', () => fixture.sink.received.length === 2)
    expect(fixture.sink.received.map(idsIn)).toEqual([idsOf(2), idsOf(4).slice(2)])
    stop.abort()
    await run
    // Everything is given back, what was read ahead and not sent included.
    expect(budget.take(2 * body.length)).toBe(true)
  })
})
