import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { createWebhookSecret } from '../../../../lib/token/webhook-secret.ts'
import { createJournal } from '../../../../workers/push/journal/create-journal.ts'
import {
  createDelivery,
  createTestPushJournal,
  type TestPushJournal,
} from '../../../support/push-journal.ts'

const overlapSeconds = 3_600

let test_: TestPushJournal

beforeAll(async () => {
  test_ = await createTestPushJournal()
})

afterAll(async () => {
  await test_.drop()
})

/** An endpoint that tokens name one after the other, with these secrets and limits. */
async function nameEndpoint(tokens: readonly { secret: string; maxRate?: number }[]) {
  const journal = createJournal(test_.pool, test_.openers, test_.news, {
    secretOverlapSeconds: overlapSeconds,
  })
  const clientId = randomUUID()
  let endpointId = ''
  for (const [hour, token] of tokens.entries()) {
    const tokenIssuedAt = new Date(Date.UTC(2026, 10, 24, hour))
    const endpoint = test_.createEndpoint({ ...token, clientId, tokenIssuedAt })
    await journal.append([createDelivery(endpoint, String(hour))])
    endpointId = endpoint.endpointId
  }
  return journal.claim(endpointId, 'me')
}

test('a secret that a newer token replaces still signs for a while', async () => {
  const [former, secret] = [createWebhookSecret(), createWebhookSecret()]
  const before = Date.now()
  const claimed = await nameEndpoint([{ secret: former }, { secret }])
  expect(claimed).toMatchObject({ secret, formerSecret: { secret: former } })
  const { until = 0 } = claimed?.formerSecret ?? {}
  // The clocks of this process and of the database are the same machine's.
  expect(until).toBeGreaterThanOrEqual(before + overlapSeconds * 1_000 - 1_000)
  expect(until).toBeLessThanOrEqual(Date.now() + overlapSeconds * 1_000 + 1_000)
})

test('a change of other settings neither ends the overlap nor begins one', async () => {
  const [former, secret] = [createWebhookSecret(), createWebhookSecret()]
  await expect(
    nameEndpoint([{ secret: former }, { secret }, { secret, maxRate: 5 }]),
  ).resolves.toMatchObject({ secret, maxRate: 5, formerSecret: { secret: former } })
  const claimed = await nameEndpoint([{ secret }, { secret, maxRate: 5 }])
  expect(claimed).toMatchObject({ secret, maxRate: 5 })
  expect(claimed).not.toHaveProperty('formerSecret')
})

test('of several former secrets the last one is kept', async () => {
  const [first, second, third] = [
    createWebhookSecret(),
    createWebhookSecret(),
    createWebhookSecret(),
  ]
  await expect(
    nameEndpoint([{ secret: first }, { secret: second }, { secret: third }]),
  ).resolves.toMatchObject({ secret: third, formerSecret: { secret: second } })
})
