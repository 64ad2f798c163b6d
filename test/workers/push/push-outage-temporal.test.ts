import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import { startOwnServer, type OwnServer } from '../../support/own-servers.ts'
import { createPushFixture, type PushFixture } from '../../support/push.ts'
import { startWebhookSink, type WebhookSink } from '../../support/webhook-sink.ts'
import { arrivedAt, createTestEndpoint, untilAllCommitted, untilArrivedAt } from './push-traffic.ts'

jest.setTimeout(240_000)
const patienceMs = 120_000

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
  expect(arrivedAt(sink, fresh).distinct.size).toBe(0)

  await temporal.start()
  await untilArrivedAt(sink, fresh, first, patienceMs)
  ids.push(...(await known.send(10)))
  await untilArrivedAt(sink, known, ids, patienceMs)
  expect(arrivedAt(sink, known)).toMatchObject({ distinct: new Set(ids), copies: 0 })
  expect(arrivedAt(sink, fresh)).toMatchObject({ distinct: new Set(first), copies: 0 })
  await push.stop()
})
