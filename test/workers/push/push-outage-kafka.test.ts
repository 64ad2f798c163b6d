import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import { startOwnServer, type OwnServer } from '../../support/own-servers.ts'
import { createPushFixture, type PushFixture } from '../../support/push.ts'
import { startWebhookSink, type WebhookSink } from '../../support/webhook-sink.ts'
import { arrivedAt, createTestEndpoint, untilAllCommitted, untilArrivedAt } from './push-traffic.ts'

jest.setTimeout(240_000)
const patienceMs = 120_000
const maxConcurrency = 2

let kafka: OwnServer
let fixture: PushFixture
let sink: WebhookSink
/** Resolves when the endpoint answers. */
let answering: PromiseWithResolvers<undefined>

beforeAll(async () => {
  kafka = await startOwnServer('kafka')
  Object.assign(process.env, kafka.environment)
}, 60_000)

beforeEach(async () => {
  fixture = await createPushFixture()
  answering = Promise.withResolvers<undefined>()
  sink = await startWebhookSink(async () => {
    await answering.promise
    return { status: 204 }
  })
})

afterEach(async () => {
  await fixture.drop()
  await sink.close()
})

afterAll(() => kafka.drop())

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'while Kafka is away (%s) push delivers what is journalled, and then reads on by itself',
  async (signal) => {
    const push = await fixture.start()
    const endpoint = await createTestEndpoint(fixture, sink, { maxConcurrency })
    const early = await endpoint.send(200)
    await untilAllCommitted(fixture)
    await kafka.stop(signal)
    // The others are sent while the broker is away.
    expect(sink.received.length).toBeLessThanOrEqual(maxConcurrency)
    answering.resolve(undefined)
    await untilArrivedAt(sink, endpoint, early)

    await kafka.start()
    const late = await endpoint.send(200)
    await untilArrivedAt(sink, endpoint, late, patienceMs)
    await untilAllCommitted(fixture)
    expect(arrivedAt(sink, endpoint)).toMatchObject({
      distinct: new Set([...early, ...late]),
      copies: 0,
      changed: [],
    })
    await push.stop()
  },
)
