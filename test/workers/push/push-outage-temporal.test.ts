import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import { maxUnsettled } from '../../../activities/delivery/run-delivery.ts'
import { startOwnServer, type OwnServer } from '../../support/own-servers.ts'
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

jest.setTimeout(240_000)
const patienceMs = 120_000
/** Of the activity `deliverEndpoint`. */
const heartbeatTimeoutMs = 30_000

let temporal: OwnServer
let fixture: PushFixture
let sink: WebhookSink

beforeAll(async () => {
  temporal = await startOwnServer('temporal')
  Object.assign(process.env, temporal.environment)
}, 60_000)

beforeEach(async () => {
  fixture = await createPushFixture()
  sink = await startWebhookSink()
})

afterEach(async () => {
  await fixture.drop()
  await sink.close()
})

afterAll(() => temporal.drop())

test('push starts and fills its journal while Temporal is away, and delivers when it is back', async () => {
  await temporal.stop()
  const push = await fixture.start()
  const endpoint = await createTestEndpoint(fixture, sink)
  const ids = await endpoint.send(200)
  await untilAllCommitted(fixture)
  expect(sink.received).toEqual([])
  await temporal.start()
  await untilArrivedAt(sink, endpoint, ids, patienceMs)
  expect(arrivedAt(sink, endpoint)).toMatchObject({ distinct: new Set(ids), copies: 0 })
  await push.stop()
})

test('push goes on delivering while Temporal is killed, and wakes who was not woken when it is back', async () => {
  const push = await fixture.start()
  const known = await createTestEndpoint(fixture, sink)
  const fresh = await createTestEndpoint(fixture, sink)
  const ids = await known.send(10)
  await untilArrivedAt(sink, known, ids)

  await temporal.stop('SIGKILL')
  for (let round = 0; round < 3; round += 1) {
    const meanwhile = await known.send(10)
    await untilArrivedAt(sink, known, meanwhile)
    ids.push(...meanwhile)
  }
  const first = await fresh.send(10)
  await untilAllCommitted(fixture)
  // From here on only the sweeper is left to wake it.
  await until('its wake-up has failed', () =>
    push.events.some(({ event }) => event === 'endpoint.signal-failed'),
  )
  expect(arrivedAt(sink, fresh).distinct.size).toBe(0)

  await temporal.start()
  await untilArrivedAt(sink, fresh, first, patienceMs)
  ids.push(...(await known.send(10)))
  await untilArrivedAt(sink, known, ids, patienceMs)
  expect(arrivedAt(sink, known)).toMatchObject({ distinct: new Set(ids), copies: 0 })
  expect(arrivedAt(sink, fresh)).toMatchObject({ distinct: new Set(first), copies: 0 })
  await push.stop()
})

test('push doubles no more than is under way where Temporal is away for so long that it takes a delivery for dead', async () => {
  const push = await fixture.start()
  const endpoint = await createTestEndpoint(fixture, sink)
  const ids = await endpoint.send(10)
  await untilArrivedAt(sink, endpoint, ids)

  await temporal.stop('SIGKILL')
  for (const end = Date.now() + heartbeatTimeoutMs + 5_000; Date.now() < end;) {
    ids.push(...(await endpoint.send(10)))
    await untilArrivedAt(sink, endpoint, ids)
  }
  await temporal.start()
  const startedAtMs = Date.now()
  // Mostly the delivery is begun anew beside the one that goes on, and takes the endpoint over from it. Where the first thing
  // that Temporal hears is a heartbeat, it believes that.
  const isDecided = async () => {
    const { attempts, heardAtMs } = await describeDelivery(endpoint)
    return attempts > 1 || heardAtMs > startedAtMs
  }
  await until('another attempt, or news of the first', isDecided, patienceMs)
  ids.push(...(await endpoint.send(200)))
  await untilArrivedAt(sink, endpoint, ids, patienceMs)
  const { distinct, copies } = arrivedAt(sink, endpoint)
  expect(distinct).toEqual(new Set(ids))
  expect(copies).toBeLessThanOrEqual(maxUnsettled)
  await push.stop()
})
