import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import {
  createMessageActivities,
  type MessageDependencies,
} from '../../activities/deliver-message.ts'
import type { AttemptEvent } from '../../activities/delivery/attempt-parcel.ts'
import type { SinkAnswer } from '../support/webhook-sink.ts'
import {
  createRunFixtures,
  type RunFixture,
  type RunFixtures,
  type TestClaim,
} from './delivery/create-run-fixtures.ts'

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

/** An endpoint that has refused its message `one`, and answers as told from then on. */
async function createRefused(answer: SinkAnswer, claim?: TestClaim) {
  let isFirst = true
  const fixture = await fixtures.create(() => {
    const given = isFirst ? { status: 422 } : answer
    isFirst = false
    return given
  }, claim)
  await fixture.append(['one'])
  await fixture.run()
  return { fixture, position: await positionOf(fixture) }
}

async function positionOf({ endpoint }: RunFixture): Promise<number> {
  const { rows } = await fixtures.test.pool.query<{ position: string }>(
    `SELECT position FROM deliveries WHERE endpoint_id = $1 AND message_id = 'one'`,
    [endpoint.endpointId],
  )
  return Number(rows[0]?.position)
}

function deliver(
  { endpoint: { endpointId } }: RunFixture,
  position: number,
  dependencies: Partial<MessageDependencies> = {},
) {
  const activities = createMessageActivities({
    journal: fixtures.test.journal,
    lanes: fixtures.lanes,
    urlPolicy: { allowHttp: true },
    userAgent: 'ips/test',
    stopping: new AbortController().signal,
    random: randomBytes,
    onAttempt: () => undefined,
    ...dependencies,
  })
  return activities.deliverMessage({ endpointId, position })
}

async function attemptsOf({ endpoint }: RunFixture): Promise<(number | null)[]> {
  const { rows } = await fixtures.test.pool.query<{ status: number | null }>(
    'SELECT status FROM attempts WHERE endpoint_id = $1 ORDER BY number',
    [endpoint.endpointId],
  )
  return rows.map(({ status }) => status)
}

describe('the try of a refused message', () => {
  test('delivers it, with the same id and signed, and settles it', async () => {
    const { fixture, position } = await createRefused({ status: 204 })
    const events: AttemptEvent[] = []
    const onAttempt = (event: AttemptEvent) => void events.push(event)
    await expect(deliver(fixture, position, { onAttempt })).resolves.toEqual({
      outcome: 'delivered',
      status: 204,
    })
    expect(fixture.sink.received.map(({ id }) => id)).toEqual(['one', 'one'])
    expect(fixture.sink.received[1]?.headers['webhook-signature']).toMatch(/^v1,/)
    await expect(fixture.outcomes()).resolves.toEqual({ one: 'delivered' })
    await expect(attemptsOf(fixture)).resolves.toEqual([422])
    expect(events).toMatchObject([{ messageId: 'one', kind: 'delivered', correlationId: 'case' }])
  })

  test.each([
    [{ status: 422 }, { outcome: 'refused', status: 422, error: 'status-422' }],
    [{ status: 302 }, { outcome: 'refused', status: 302, error: 'status-302' }],
    [{ status: 410 }, { outcome: 'trouble', status: 410, error: 'status-410' }],
    [
      { status: 503, headers: { 'retry-after': '7' } },
      { outcome: 'trouble', status: 503, error: 'status-503', retryAfterMs: 7_000 },
    ],
  ])('that is answered %j is logged and changes nothing', async (answer, result) => {
    const { fixture, position } = await createRefused(answer)
    await expect(deliver(fixture, position)).resolves.toEqual(result)
    await expect(fixture.outcomes()).resolves.toEqual({ one: 'retrying' })
    await expect(attemptsOf(fixture)).resolves.toEqual([422, answer.status])
  })

  test('that finds nobody is trouble', async () => {
    const { fixture, position } = await createRefused({ status: 204 })
    await fixture.sink.close()
    await expect(deliver(fixture, position)).resolves.toEqual({
      outcome: 'trouble',
      error: 'ECONNREFUSED',
    })
  })

  test('sends an array of one where the endpoint gets batches, with the id that it had', async () => {
    const batch = { maxMessages: 10, maxWaitMs: 0 }
    const { fixture, position } = await createRefused({ status: 204 }, { batch })
    await deliver(fixture, position)
    const [first, second] = fixture.sink.received
    expect(second?.body).toBe('[{"id":"one"}]')
    expect(second?.id).toBe(first?.id)
  })

  test('is over where the journal has it as neither retrying nor dead any more', async () => {
    const { fixture, position } = await createRefused({ status: 204 })
    await deliver(fixture, position)
    await expect(deliver(fixture, position)).resolves.toEqual({ outcome: 'over' })
    expect(fixture.sink.received).toHaveLength(2)
  })

  test('is over where it was dropped while it was under way', async () => {
    const { fixture, position } = await createRefused({ status: 204 })
    const drop = () =>
      fixtures.test.journal.settleRefused({
        endpointId: fixture.endpoint.endpointId,
        position,
        state: 'dropped',
        reason: 'asked for',
      })
    const journal: MessageDependencies['journal'] = {
      ...fixtures.test.journal,
      async settleRefused(settlement) {
        await drop()
        return fixtures.test.journal.settleRefused(settlement)
      },
    }
    await expect(deliver(fixture, position, { journal })).resolves.toMatchObject({
      outcome: 'over',
    })
    await expect(fixture.outcomes()).resolves.toEqual({ one: 'dropped' })
  })
})

describe('a refused message is held', () => {
  test('while its endpoint must be left alone', async () => {
    const { fixture, position } = await createRefused({ status: 204 })
    const nextAttemptAt = Date.now() + 60_000
    await fixtures.test.journal.note(fixture.endpoint.endpointId, {
      state: 'backing-off',
      failures: 1,
      nextAttemptAt,
    })
    await expect(deliver(fixture, position)).resolves.toEqual({
      outcome: 'held',
      error: 'backing-off',
      until: nextAttemptAt,
    })
    expect(fixture.sink.received).toHaveLength(1)
  })

  test('while the endpoint is busy', async () => {
    const { fixture, position } = await createRefused({ status: 204 }, { maxConcurrency: 1 })
    const { endpointId } = fixture.endpoint
    const lane = fixtures.lanes.enter(endpointId, new URL(fixture.sink.url), { maxConcurrency: 1 })
    lane.take(1, () => undefined)
    await expect(deliver(fixture, position)).resolves.toMatchObject({
      outcome: 'held',
      error: 'busy',
    })
    lane.release()
    fixtures.lanes.leave(endpointId)
    await expect(deliver(fixture, position)).resolves.toMatchObject({ outcome: 'delivered' })
  })
})

describe('the settings of an endpoint that are in trouble', () => {
  test('are said in a word, without what is in them', async () => {
    const { fixture, position } = await createRefused({ status: 204 })
    const urlPolicy = { allowHttp: false }
    await expect(deliver(fixture, position, { urlPolicy })).resolves.toEqual({
      outcome: 'trouble',
      error: 'url-not-https',
    })
  })
})
