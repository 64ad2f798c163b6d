import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { setTimeout } from 'node:timers/promises'
import { maxUnsettled } from '../../../activities/delivery/run-delivery.ts'
import { createPushFixture, type PushFixture } from '../../support/push.ts'
import { until } from '../../support/until.ts'
import { startWebhookSink, type WebhookSink } from '../../support/webhook-sink.ts'
import {
  arrivedAt,
  describeDelivery,
  createTestEndpoint,
  untilAllCommitted,
  untilArrivedAt,
} from './push-traffic.ts'

/** A killed worker is noticed after the heartbeat time-out of 30 s, a killed consumer after its session's 30 s. */
jest.setTimeout(240_000)
const patienceMs = 180_000

let fixture: PushFixture
let sink: WebhookSink

beforeEach(async () => {
  fixture = await createPushFixture()
  sink = await startWebhookSink(async () => {
    await setTimeout(5)
    return { status: 204 }
  })
})

afterEach(async () => {
  await fixture.drop()
  await sink.close()
})

/** Endpoints of single messages and of batches, and so many messages for each of them. */
async function createTraffic(count: number) {
  const batch = { maxMessages: 7, maxWaitMs: 50 }
  const endpoints = await Promise.all(
    [{}, {}, {}, { batch }, { batch }].map((claim) => createTestEndpoint(fixture, sink, claim)),
  )
  return Promise.all(
    endpoints.map(async (endpoint) => ({ endpoint, ids: await endpoint.send(count) })),
  )
}

describe('a push process', () => {
  test('that is killed loses nothing, and repeats no more than was under way, word for word', async () => {
    const first = await fixture.start()
    const traffic = await createTraffic(1_000)
    await until('a part has arrived everywhere', () =>
      traffic.every(({ endpoint }) => arrivedAt(sink, endpoint).distinct.size > 100),
    )
    await first.stop('SIGKILL')
    const arrived = traffic.map(({ endpoint }) => arrivedAt(sink, endpoint).distinct.size)
    expect(Math.min(...arrived)).toBeLessThan(1_000)

    await fixture.start()
    for (const { endpoint, ids } of traffic) {
      await untilArrivedAt(sink, endpoint, ids, patienceMs)
    }
    await untilAllCommitted(fixture, patienceMs)
    for (const { endpoint, ids } of traffic) {
      const { distinct, copies, changed } = arrivedAt(sink, endpoint)
      expect(distinct).toEqual(new Set(ids))
      expect(copies).toBeLessThanOrEqual(maxUnsettled)
      expect(changed).toEqual([])
    }
  })

  test('that stops in order hands its endpoints to another one, without a copy', async () => {
    const first = await fixture.start()
    await fixture.start()
    const traffic = await createTraffic(600)
    await until('a part has arrived everywhere', () =>
      traffic.every(({ endpoint }) => arrivedAt(sink, endpoint).distinct.size > 50),
    )
    await first.stop('SIGTERM')
    for (const { endpoint, ids } of traffic) {
      await untilArrivedAt(sink, endpoint, ids, patienceMs)
      expect(arrivedAt(sink, endpoint).copies).toBe(0)
      // A delivery that Temporal had to take for dead would be begun a second time.
      expect((await describeDelivery(endpoint)).attempts).toBeLessThanOrEqual(1)
    }
  })
})
