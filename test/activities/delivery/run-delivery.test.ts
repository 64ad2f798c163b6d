import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { maxConcurrency } from '../../../activities/delivery/create-lane.ts'
import type { DeliveryJournal } from '../../../activities/delivery/delivery-journal.ts'
import { maxUnsettled } from '../../../activities/delivery/run-delivery.ts'
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

describe('a delivery', () => {
  test('sends everything once, settles it and falls asleep', async () => {
    const fixture = await fixtures.create()
    const ids = idsOf(500)
    await fixture.append(ids)
    await expect(fixture.run()).resolves.toEqual({ outcome: 'asleep', delivered: 500, refused: 0 })
    expect(fixture.sink.received).toHaveLength(500)
    expect(fixture.sink.ids()).toEqual(new Set(ids))
    await expect(fixture.outcomes()).resolves.toEqual(allAre(ids, 'delivered'))
    const last = await fixtures.test.pool.query<{ at_end: boolean }>(
      `SELECT cursors.position = (SELECT max(position) FROM deliveries WHERE endpoint_id = $1) AS at_end
       FROM cursors WHERE endpoint_id = $1`,
      [fixture.endpoint.endpointId],
    )
    expect(last.rows).toEqual([{ at_end: true }])
  })

  test('names what it sends', async () => {
    const fixture = await fixtures.create()
    await fixture.append(['one'])
    await fixture.run()
    expect(fixture.sink.received[0]).toMatchObject({
      path: '/hook',
      body: '{}',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'ips/test',
        'webhook-id': 'one',
        'webhook-timestamp': expect.stringMatching(/^\d{10}$/) as unknown,
        'webhook-signature': expect.stringMatching(/^v1,/) as unknown,
        traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/) as unknown,
      },
    })
  })

  test('starts messages in their order where one goes at a time', async () => {
    const fixture = await fixtures.create(undefined, { maxConcurrency: 1 })
    const ids = idsOf(50)
    await fixture.append(ids)
    await fixture.run()
    expect(fixture.sink.received.map(({ id }) => id)).toEqual(ids)
  })

  test.each([
    [undefined, maxConcurrency],
    [3, 3],
  ])('with a limit of %p has at most %d requests under way', async (maxConcurrency, most) => {
    let running = 0
    let highest = 0
    const answer = async () => {
      running += 1
      highest = Math.max(highest, running)
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
      return { status: 204 }
    }
    const fixture = await fixtures.create(
      answer,
      maxConcurrency === undefined ? {} : { maxConcurrency },
    )
    await fixture.append(idsOf(200))
    await fixture.run()
    expect(highest).toBeGreaterThan(1)
    expect(highest).toBeLessThanOrEqual(most)
  })

  test('stops where the endpoint is in trouble, and later sends only what did not arrive', async () => {
    let isBroken = true
    const fixture = await fixtures.create(({ id }) =>
      isBroken && Number(id.slice(8)) >= 40
        ? { status: 503, headers: { 'retry-after': '7' } }
        : { status: 204 },
    )
    const ids = idsOf(200)
    await fixture.append(ids)
    const result = await fixture.run()
    expect(result).toMatchObject({ outcome: 'trouble', status: 503, retryAfterMs: 7_000 })
    expect(result.delivered).toBe(40)
    expect(fixture.sink.received.length).toBeLessThanOrEqual(40 + maxConcurrency)

    isBroken = false
    const before = fixture.sink.received.length
    await expect(fixture.run({ probe: true })).resolves.toMatchObject({ delivered: 160 })
    expect(fixture.sink.received).toHaveLength(before + 160)
    await expect(fixture.outcomes()).resolves.toEqual(allAre(ids, 'delivered'))
  })

  test('after trouble sends one message first', async () => {
    const fixture = await fixtures.create(() => ({ status: 500 }))
    await fixture.append(idsOf(50))
    await expect(fixture.run({ probe: true })).resolves.toMatchObject({
      outcome: 'trouble',
      error: 'status-500',
    })
    expect(fixture.sink.received).toHaveLength(1)
  })

  test('ends where the endpoint is gone, and keeps its messages', async () => {
    const fixture = await fixtures.create(() => ({ status: 410 }))
    await fixture.append(['one'])
    await expect(fixture.run()).resolves.toMatchObject({ outcome: 'gone', status: 410 })
    await expect(fixture.outcomes()).resolves.toEqual({ one: 'pending' })
  })

  test('is in trouble where nobody answers', async () => {
    const fixture = await fixtures.create()
    await fixture.append(['one'])
    await fixture.sink.close()
    await expect(fixture.run()).resolves.toMatchObject({
      outcome: 'trouble',
      error: 'ECONNREFUSED',
    })
  })

  test('sends what is appended while it waits', async () => {
    const fixture = await fixtures.create()
    await fixture.append(['one'])
    const stop = new AbortController()
    const run = fixture.run({ lingerMs: 600_000, stop: stop.signal })
    await fixture.sink.untilArrived(['one'])
    await fixture.append(['two'])
    await fixture.sink.untilArrived(['one', 'two'])
    stop.abort()
    await expect(run).resolves.toEqual({ outcome: 'unfinished', delivered: 2, refused: 0 })
  })

  test('that is stopped settles what it has sent, and the next one sends the rest', async () => {
    const stop = new AbortController()
    const fixture = await fixtures.create(({ id }) => {
      if (id === 'message-30') stop.abort()
      return { status: 204 }
    })
    const ids = idsOf(300)
    await fixture.append(ids)
    const { outcome, delivered } = await fixture.run({ stop: stop.signal })
    expect(outcome).toBe('unfinished')
    expect(delivered).toBe(fixture.sink.received.length)
    await expect(fixture.run()).resolves.toMatchObject({ delivered: 300 - delivered })
    expect(fixture.sink.received).toHaveLength(300)
  })

  test('waits for its turn where the claim limits the rate', async () => {
    const fixture = await fixtures.create(undefined, { maxRate: 100 })
    await fixture.append(idsOf(120))
    await expect(fixture.run()).resolves.toMatchObject({ outcome: 'asleep', delivered: 120 })
  })

  test('never has more messages sent and not settled than may be sent twice after a kill', async () => {
    const fixture = await fixtures.create()
    await fixture.append(idsOf(3 * maxUnsettled))
    const settling = Promise.withResolvers<undefined>()
    const journal: DeliveryJournal = {
      ...fixtures.test.journal,
      async settle(settlement) {
        await settling.promise
        return fixtures.test.journal.settle(settlement)
      },
    }
    const run = fixture.run({ journal })
    // A killed process would leave these pending, and the next one send them again: so many at most.
    await until('the bound is met', () => fixture.events.length === maxUnsettled)
    expect(fixture.sink.received).toHaveLength(maxUnsettled)
    settling.resolve(undefined)
    await expect(run).resolves.toMatchObject({ delivered: 3 * maxUnsettled })
  })

  test('tells operators how many requests are under way, and in the end that there are none', async () => {
    const answers = Promise.withResolvers<SinkAnswer>()
    const fixture = await fixtures.create(() => answers.promise)
    await fixture.append(idsOf(5))
    const notes: number[] = []
    const journal: DeliveryJournal = {
      ...fixtures.test.journal,
      noteInFlight(endpointId, owner, inFlight) {
        notes.push(inFlight)
        return fixtures.test.journal.noteInFlight(endpointId, owner, inFlight)
      },
    }
    const run = fixture.run({ journal })
    await until('it is noted', () => notes.length > 0)
    answers.resolve({ status: 204 })
    await run
    expect(notes).toEqual([2, 0])
  })

  test.each([
    [true, 'unfinished'],
    [false, 'asleep'],
  ] as const)(
    'gives up its place after a minute where there is none left (%s)',
    async (isCrowded, outcome) => {
      const fixture = await fixtures.create(undefined, { maxConcurrency: 1 })
      const ids = idsOf(10)
      await fixture.append(ids)
      const clock = () => Date.now() + (fixture.sink.received.length < 3 ? 0 : 60_000)
      const run = fixture.run({ clock, isCrowded: () => isCrowded })
      await expect(run).resolves.toMatchObject({ outcome })
      expect(fixture.sink.received.length < ids.length).toBe(isCrowded)
    },
  )

  test('does not wait for more where there is no place left', async () => {
    const fixture = await fixtures.create()
    await fixture.append(['one'])
    const run = fixture.run({ lingerMs: 86_400_000, isCrowded: () => true })
    await expect(run).resolves.toMatchObject({ outcome: 'asleep', delivered: 1 })
  })

  test('that lost its endpoint to another one stops', async () => {
    const held = Promise.withResolvers<SinkAnswer>()
    const fixture = await fixtures.create(() => held.promise)
    await fixture.append(['one'])
    const first = fixture.run()
    await fixture.sink.untilArrived(['one'])
    await fixtures.test.journal.claim(fixture.endpoint.endpointId, 'another')
    held.resolve({ status: 204 })
    await expect(first).rejects.toMatchObject({ code: 'endpoint-taken-over' })
    await expect(fixture.outcomes()).resolves.toEqual({ one: 'pending' })
  })
})

describe('an unavailable journal', () => {
  test('ends a delivery with its error, and nothing is lost', async () => {
    const fixture = await fixtures.create()
    const ids = idsOf(50)
    await fixture.append(ids)
    let settlements = 0
    const failing: DeliveryJournal = {
      ...fixtures.test.journal,
      settle(settlement) {
        settlements += 1
        return settlements > 10
          ? Promise.reject(new Error('away'))
          : fixtures.test.journal.settle(settlement)
      },
    }
    await expect(fixture.run({ journal: failing })).rejects.toThrow('away')
    await expect(fixture.run()).resolves.toMatchObject({ outcome: 'asleep' })
    await expect(fixture.outcomes()).resolves.toEqual(allAre(ids, 'delivered'))
    expect(fixture.sink.ids()).toEqual(new Set(ids))
  })
})
