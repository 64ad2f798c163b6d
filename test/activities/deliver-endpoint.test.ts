import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { MockActivityEnvironment } from '@temporalio/testing'
import { createAddressPolicy } from '../../activities/delivery/create-address-policy.ts'
import { createConnector } from '../../activities/delivery/create-connector.ts'
import { createSender, maxConcurrency } from '../../activities/delivery/create-sender.ts'
import {
  createDeliveryActivities,
  type DeliveryActivities,
} from '../../activities/deliver-endpoint.ts'
import type { EndpointRow } from '../../workers/push/journal/append-deliveries.ts'
import {
  createDelivery,
  createTestPushJournal,
  type TestPushJournal,
} from '../support/push-journal.ts'
import { startWebhookSink, type SinkAnswer } from '../support/webhook-sink.ts'

let test_: TestPushJournal
let activities: DeliveryActivities
const closers: (() => Promise<unknown>)[] = []

beforeAll(async () => {
  test_ = await createTestPushJournal()
  const connector = createConnector(createAddressPolicy(['127.0.0.0/8']))
  activities = createDeliveryActivities({
    journal: test_.journal,
    createSender: () => createSender({ connector }),
    urlPolicy: { allowHttp: true },
    userAgent: 'ips/test',
    lingerMs: 0,
    stopping: new AbortController().signal,
    onAttempt: () => undefined,
  })
})

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()))
})

afterAll(async () => {
  await test_.drop()
})

function deliver({ clientId, endpointId }: EndpointRow) {
  const target = { clientId, endpointId, probe: false }
  return new MockActivityEnvironment().run(() => activities.deliverEndpoint(target))
}

describe('the delivery to an endpoint', () => {
  test('never waits for the connections of another client’s endpoint on the same host', async () => {
    const slow = Promise.withResolvers<SinkAnswer>()
    const sink = await startWebhookSink(({ path }) =>
      path === '/slow' ? slow.promise : { status: 204 },
    )
    closers.push(() => sink.close())
    const origin = new URL(sink.url).origin
    const slowOne = test_.createEndpoint({ url: `${origin}/slow`, maxConcurrency })
    const other = test_.createEndpoint({ url: `${origin}/other` })
    const slowIds = Array.from({ length: maxConcurrency }, (_, index) => `slow-${index}`)
    await test_.journal.append(slowIds.map((id) => createDelivery(slowOne, id)))
    await test_.journal.append([createDelivery(other, 'other')])

    const slowDelivery = deliver(slowOne)
    await sink.untilArrived(slowIds)
    await expect(deliver(other)).resolves.toEqual({ outcome: 'asleep', delivered: 1, refused: 0 })
    slow.resolve({ status: 204 })
    await expect(slowDelivery).resolves.toMatchObject({ delivered: maxConcurrency })
  })
})
