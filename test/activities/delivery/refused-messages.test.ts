import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { mostRefusals } from '../../../activities/delivery/create-refusal-window.ts'
import type { EndpointRow } from '../../../workers/push/journal/append-deliveries.ts'
import { openAnswer } from '../../../workers/push/journal/sealed-columns.ts'
import { derivedKey } from '../../support/client-keys.ts'
import type { ReceivedWebhook } from '../../support/webhook-sink.ts'
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

/** What the journal keeps of the attempts that did not deliver, without times. */
async function attemptsOf({ endpointId, clientId }: EndpointRow): Promise<unknown[]> {
  const { rows } = await fixtures.test.pool.query<{ sealed_answer: Buffer }>(
    `SELECT message_id, number, status, error, host(address::inet) AS address, sealed_answer
     FROM attempts JOIN deliveries USING (endpoint_id, position) WHERE endpoint_id = $1
     ORDER BY position, number`,
    [endpointId],
  )
  return rows.map(({ sealed_answer: sealed, ...attempt }) => ({
    ...attempt,
    answer: openAnswer(derivedKey(clientId), sealed),
  }))
}

describe('a refused message', () => {
  test('leaves the queue at once, and holds up no other', async () => {
    const fixture = await fixtures.create(({ id }) => ({ status: id === 'message-3' ? 422 : 204 }))
    const ids = idsOf(20)
    await fixture.append(ids)
    await expect(fixture.run()).resolves.toEqual({ outcome: 'asleep', delivered: 19, refused: 1 })
    await expect(fixture.outcomes()).resolves.toEqual({
      ...allAre(ids, 'delivered'),
      'message-3': 'retrying',
    })
    await expect(fixture.run()).resolves.toMatchObject({ delivered: 0, refused: 0 })
    expect(fixture.sink.received).toHaveLength(20)
  })

  test('is announced when it is durable', async () => {
    const fixture = await fixtures.create(() => ({ status: 422 }))
    await fixture.append(['one'])
    const seen: Promise<Record<string, string>>[] = []
    await fixture.run({ onRefused: () => void seen.push(fixture.outcomes()) })
    await expect(Promise.all(seen)).resolves.toEqual([{ one: 'retrying' }])
  })

  test('is logged with what its endpoint said, of which no more is told', async () => {
    const fixture = await fixtures.create(() => ({
      status: 422,
      body: `no such\ncase: ${'x'.repeat(1_000)}`,
    }))
    await fixture.append(['one'])
    await fixture.run()
    const answer = `no such case: ${'x'.repeat(256 - 'no such case: '.length)}`
    await expect(attemptsOf(fixture.endpoint)).resolves.toEqual([
      {
        message_id: 'one',
        number: 1,
        status: 422,
        error: 'status-422',
        address: '127.0.0.1',
        answer,
      },
    ])
    expect(fixture.events).toHaveLength(1)
    expect(JSON.stringify(fixture.events)).not.toContain('no such')
  })

  test('is settled by a delivery that is stopped right after it', async () => {
    const fixture = await fixtures.create(() => ({ status: 422 }))
    await fixture.append(['one'])
    const stop = new AbortController()
    const run = fixture.run({
      lingerMs: 600_000,
      stop: stop.signal,
      onAttempt: () => stop.abort(),
    })
    await expect(run).resolves.toEqual({ outcome: 'unfinished', delivered: 0, refused: 1 })
    await expect(fixture.outcomes()).resolves.toEqual({ one: 'retrying' })
  })
})

describe('an endpoint that refuses most messages', () => {
  test('is in trouble, and what it has not refused stays in the queue', async () => {
    let isDeployed = false
    const answer = ({ id }: ReceivedWebhook) => ({
      status: isDeployed || Number(id.slice(8)) < 30 ? 204 : 404,
    })
    const fixture = await fixtures.create(answer, { maxConcurrency: 1 })
    const ids = idsOf(200)
    await fixture.append(ids)
    await expect(fixture.run()).resolves.toEqual({
      outcome: 'trouble',
      delivered: 30,
      refused: mostRefusals,
      error: 'mostly-refused',
      status: 404,
    })
    expect(fixture.sink.received).toHaveLength(30 + mostRefusals)
    await expect(fixture.outcomes()).resolves.toEqual({
      ...allAre(ids, 'pending'),
      ...allAre(ids.slice(0, 30), 'delivered'),
      ...allAre(ids.slice(30, 30 + mostRefusals), 'retrying'),
    })

    isDeployed = true
    await expect(fixture.run({ probe: true })).resolves.toMatchObject({
      outcome: 'asleep',
      delivered: 170 - mostRefusals,
    })
  })

  test('is asked with one message in each probe, as long as that is refused too', async () => {
    const fixture = await fixtures.create(() => ({ status: 404 }), { maxConcurrency: 1 })
    await fixture.append(idsOf(50))
    await fixture.run()
    for (let probes = 1; probes <= 3; probes += 1) {
      const result = await fixture.run({ probe: true, wasMostlyRefused: true })
      expect(result).toMatchObject({ outcome: 'trouble', refused: 1, error: 'mostly-refused' })
      expect(fixture.sink.received).toHaveLength(mostRefusals + probes)
    }
  })

  test('has no message refused once it is in trouble, whatever it says', async () => {
    const troubled = Promise.withResolvers<{ status: number }>()
    const fixture = await fixtures.create(({ id }) =>
      id === 'message-0' ? { status: 503 } : troubled.promise,
    )
    const ids = idsOf(8)
    await fixture.append(ids)
    const onAttempt = () => troubled.resolve({ status: 404 })
    await expect(fixture.run({ onAttempt })).resolves.toMatchObject({
      outcome: 'trouble',
      error: 'status-503',
      refused: 0,
    })
    expect(fixture.sink.received).toHaveLength(2)
    await expect(fixture.outcomes()).resolves.toEqual(allAre(ids, 'pending'))
  })

  test('goes on where it refuses fewer than most', async () => {
    const isRefused = (id: string) => Number(id.slice(8)) % 4 !== 0
    const fixture = await fixtures.create(({ id }) => ({ status: isRefused(id) ? 422 : 204 }), {
      maxConcurrency: 1,
    })
    const ids = idsOf(100)
    await fixture.append(ids)
    await expect(fixture.run()).resolves.toEqual({ outcome: 'asleep', delivered: 25, refused: 75 })
    expect(fixture.sink.received).toHaveLength(100)
    await expect(fixture.outcomes()).resolves.toEqual({
      ...allAre(ids, 'delivered'),
      ...allAre(ids.filter(isRefused), 'retrying'),
    })
  })
})
