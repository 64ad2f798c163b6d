import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { Webhook as StandardWebhook } from 'standardwebhooks'
import { Webhook as SvixWebhook } from 'svix'
import { createWebhookSecret } from '../../../lib/token/webhook-secret.ts'
import { createPushFixture, createVisionRecord, type PushFixture } from '../../support/push.ts'
import { issueTestToken } from '../../support/tokens.ts'
import { startWebhookSink } from '../../support/webhook-sink.ts'

let fixture: PushFixture

beforeAll(async () => {
  fixture = await createPushFixture()
})

afterAll(async () => {
  await fixture.drop()
})

describe('the push process', () => {
  test('delivers a message of Kafka as a signed webhook, over connections that it keeps', async () => {
    const clientId = randomUUID()
    const secret = createWebhookSecret()
    const sink = await startWebhookSink()
    const token = await issueTestToken(fixture.keys, {
      clientId,
      rights: { 'push-1': { url: sink.url, secret } },
    })
    const push = await fixture.start()
    const ids = Array.from({ length: 100 }, (_, index) => `message-${index}`)

    await fixture.kafka.send(
      'vision-1',
      ids.map((messageId) => createVisionRecord({ clientId, token, messageId })),
    )
    await sink.untilArrived(ids)

    expect(sink.received).toHaveLength(ids.length)
    for (const { headers, body } of sink.received) {
      const plain = headers as Record<string, string>
      expect(() => new StandardWebhook(secret).verify(body, plain)).not.toThrow()
      expect(() => new SvixWebhook(secret).verify(body, plain)).not.toThrow()
    }
    expect(sink.connections()).toBeLessThanOrEqual(16)
    await push.stop()
    await sink.close()
  })
})
