import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import { setTimeout } from 'node:timers/promises'
import { maxUnsettled } from '../../../activities/delivery/run-delivery.ts'
import { topics } from '../../../lib/topology.ts'
import { startOwnServer, type OwnServer } from '../../support/own-servers.ts'
import { createPushFixture, type PushFixture } from '../../support/push.ts'
import { until } from '../../support/until.ts'
import { startWebhookSink, type WebhookSink } from '../../support/webhook-sink.ts'
import {
  arrivedAt,
  createTestEndpoint,
  describePushGroup,
  untilAllCommitted,
  untilArrivedAt,
} from './push-traffic.ts'

jest.setTimeout(240_000)
const patienceMs = 120_000
/** The shortest that brokers allow. */
const sessionTimeoutMs = 6_000

let postgres: OwnServer
let fixture: PushFixture
let sink: WebhookSink

beforeAll(async () => {
  postgres = await startOwnServer('postgres')
  Object.assign(process.env, postgres.environment)
}, 60_000)

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

afterAll(() => postgres.drop())

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'while PostgreSQL is away (%s) push waits as a member of its group, and then goes on without a loss',
  async (signal) => {
    const push = await fixture.start({ KAFKA_SESSION_TIMEOUT_MS: String(sessionTimeoutMs) })
    const joined = () => push.events.filter(({ event }) => event === 'group.joined').length
    const endpoints = [
      await createTestEndpoint(fixture, sink),
      await createTestEndpoint(fixture, sink, { batch: { maxMessages: 5, maxWaitMs: 50 } }),
    ]
    const early = await Promise.all(endpoints.map((endpoint) => endpoint.send(1_000)))
    await until('a part has arrived everywhere', () =>
      endpoints.every((endpoint) => arrivedAt(sink, endpoint).distinct.size > 50),
    )
    const before = await describePushGroup(fixture)
    expect(before).toMatchObject({ state: 'Stable', members: [expect.any(String)] })
    const joinedBefore = joined()

    await postgres.stop(signal)
    const stoppedAt = Date.now()
    const late = await Promise.all(endpoints.map((endpoint) => endpoint.send(100)))
    await until('consumption is postponed', () =>
      push.events.some(({ event }) => event === 'partition.postponed'),
    )
    const committed = await fixture.kafka.committed('push', topics.vision.name)
    await until(
      'the group would have lost a silent member',
      () => Date.now() - stoppedAt > sessionTimeoutMs + 2_000,
    )
    // Nothing is journalled, so nothing is committed; and the member is still the same.
    expect(await fixture.kafka.committed('push', topics.vision.name)).toEqual(committed)
    expect(await describePushGroup(fixture)).toEqual(before)

    await postgres.start()
    for (const [index, endpoint] of endpoints.entries()) {
      const ids = [...(early[index] ?? []), ...(late[index] ?? [])]
      await untilArrivedAt(sink, endpoint, ids, patienceMs)
      const { distinct, copies, changed } = arrivedAt(sink, endpoint)
      expect(distinct).toEqual(new Set(ids))
      expect(copies).toBeLessThanOrEqual(maxUnsettled)
      expect(changed).toEqual([])
    }
    await untilAllCommitted(fixture)
    expect(await describePushGroup(fixture)).toEqual(before)
    expect(joined()).toBe(joinedBefore)
    await push.stop()
  },
)
