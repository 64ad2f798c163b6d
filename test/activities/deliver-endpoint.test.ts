import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { MockActivityEnvironment } from '@temporalio/testing'
import { createDeliveryActivities } from '../../activities/deliver-endpoint.ts'
import { createByteBudget } from '../../activities/delivery/create-byte-budget.ts'
import { maxConcurrency } from '../../activities/delivery/create-lane.ts'
import type { EndpointRow } from '../../workers/push/journal/append-deliveries.ts'
import { createDelivery } from '../support/push-journal.ts'
import { startWebhookSink, type SinkAnswer } from '../support/webhook-sink.ts'
import { createRunFixtures, type RunFixtures } from './delivery/create-run-fixtures.ts'

let fixtures: RunFixtures
const closers: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  fixtures = await createRunFixtures()
})

afterEach(async () => {
  await fixtures.closeSinks()
  await Promise.all(closers.splice(0).map((close) => close()))
})

afterAll(async () => {
  await fixtures.drop()
})

function deliver(
  { clientId, endpointId }: Pick<EndpointRow, 'clientId' | 'endpointId'>,
  probe = false,
) {
  const activities = createDeliveryActivities({
    journal: fixtures.test.journal,
    lanes: fixtures.lanes,
    budget: createByteBudget(1_000_000),
    urlPolicy: { allowHttp: true },
    userAgent: 'ips/test',
    lingerMs: 0,
    stopping: new AbortController().signal,
    random: randomBytes,
    onAttempt: () => undefined,
  })
  const target = { clientId, endpointId, probe }
  return new MockActivityEnvironment().run(() => activities.deliverEndpoint(target))
}

describe('the delivery to an endpoint', () => {
  test('ends a probe with the first message that arrives, so that its workflow knows', async () => {
    const fixture = await fixtures.create()
    const { sink, endpoint } = fixture
    // The news of a new endpoint would end the probe before it has begun.
    const known = Promise.withResolvers<undefined>()
    const unsubscribe = fixtures.test.journal.subscribe(endpoint.endpointId, {
      onInterrupted: () => known.resolve(undefined),
    })
    await fixture.append(['one', 'two', 'three'])
    await known.promise
    unsubscribe()
    await expect(deliver(endpoint, true)).resolves.toEqual({
      outcome: 'unfinished',
      delivered: 1,
      refused: 0,
    })
    expect(sink.received).toHaveLength(1)
    await expect(deliver(endpoint)).resolves.toEqual({
      outcome: 'asleep',
      delivered: 2,
      refused: 0,
    })
  })

  test('never waits for the connections of another client’s endpoint on the same host', async () => {
    const slow = Promise.withResolvers<SinkAnswer>()
    const sink = await startWebhookSink(({ path }) =>
      path === '/slow' ? slow.promise : { status: 204 },
    )
    closers.push(() => sink.close())
    const { origin } = new URL(sink.url)
    const slowOne = fixtures.test.createEndpoint({ url: `${origin}/slow`, maxConcurrency })
    const other = fixtures.test.createEndpoint({ url: `${origin}/other` })
    const slowIds = Array.from({ length: 20 }, (_, index) => `slow-${index}`)
    await fixtures.test.journal.append(slowIds.map((id) => createDelivery(slowOne, id)))
    await fixtures.test.journal.append([createDelivery(other, 'other')])

    const slowDelivery = deliver(slowOne)
    await sink.untilArrived(slowIds.slice(0, 2))
    await expect(deliver(other)).resolves.toEqual({ outcome: 'asleep', delivered: 1, refused: 0 })
    slow.resolve({ status: 204 })
    await expect(slowDelivery).resolves.toMatchObject({ delivered: slowIds.length })
  })

  test('is in trouble where its secret is malformed, which is not repeated', async () => {
    const endpoint = fixtures.test.createEndpoint({ secret: 'whsec_no' })
    await fixtures.test.journal.append([createDelivery(endpoint, 'one')])
    await expect(deliver(endpoint)).resolves.toEqual({
      outcome: 'trouble',
      delivered: 0,
      refused: 0,
      error: 'secret-malformed',
    })
  })

  test('has nothing to do where the journal does not know it', async () => {
    await expect(deliver({ clientId: 'nobody', endpointId: 'unknown' })).resolves.toEqual({
      outcome: 'asleep',
      delivered: 0,
      refused: 0,
    })
  })
})
