import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { createWebhookSecret } from '../../../../lib/token/webhook-secret.ts'
import type { EndpointRow } from '../../../../workers/push/journal/append-deliveries.ts'
import {
  createDelivery,
  createTestPushJournal,
  type TestPushJournal,
} from '../../../support/push-journal.ts'
import { until } from '../../../support/until.ts'

let test_: TestPushJournal

beforeAll(async () => {
  test_ = await createTestPushJournal()
})

afterAll(async () => {
  await test_.drop()
})

/** Appends messages with these ids. */
function append(endpoint: EndpointRow, ids: readonly string[]) {
  return test_.journal.append(ids.map((id) => createDelivery(endpoint, id)))
}

async function readIds(endpoint: EndpointRow, after = 0): Promise<string[]> {
  const { messages } = await test_.journal.read(endpoint.endpointId, after)
  return messages.map(({ messageId }) => messageId)
}

function settlement(endpoint: EndpointRow, owner: string, position: number, cursor = position) {
  const { endpointId } = endpoint
  const attempt = { at: Date.now(), durationMs: 3, status: 200 }
  return {
    endpointId,
    owner,
    position,
    origin: position,
    state: 'delivered',
    attempt,
    cursor,
  } as const
}

describe('an append', () => {
  test('keeps the order of the messages and refuses second copies', async () => {
    const endpoint = test_.createEndpoint()
    await expect(append(endpoint, ['b', 'a', 'b'])).resolves.toMatchObject({ appended: 2 })
    await expect(append(endpoint, ['a', 'c'])).resolves.toMatchObject({ appended: 1 })
    await expect(readIds(endpoint)).resolves.toEqual(['b', 'a', 'c'])
  })

  test('wakes an endpoint once, until it has fallen asleep', async () => {
    const endpoint = test_.createEndpoint()
    const { endpointId, clientId, host } = endpoint
    const first = await append(endpoint, ['1'])
    expect(first.woken).toEqual([{ endpointId, clientId, host, generation: 1 }])
    await expect(append(endpoint, ['2'])).resolves.toMatchObject({ woken: [] })

    const { messages } = await test_.journal.read(endpointId, 0)
    await expect(test_.journal.fallAsleep(endpointId, messages[0]?.position ?? 0)).resolves.toBe(
      false,
    )
    await expect(test_.journal.fallAsleep(endpointId, messages[1]?.position ?? 0)).resolves.toBe(
      true,
    )
    await expect(append(endpoint, ['2'])).resolves.toMatchObject({ woken: [] })
    await expect(append(endpoint, ['3'])).resolves.toMatchObject({ woken: [{ generation: 2 }] })
  })

  test('never waits in a circle, however many touch the same endpoints', async () => {
    const endpoints = Array.from({ length: 20 }, () => test_.createEndpoint())
    const rounds = 20
    const appends = Array.from({ length: rounds }, (_, round) => {
      const rotated = [...endpoints.slice(round), ...endpoints.slice(0, round)]
      return test_.journal.append(
        rotated.map((endpoint) => createDelivery(endpoint, `message-${round}`)),
      )
    })
    await Promise.all(appends)
    for (const endpoint of endpoints) {
      await expect(readIds(endpoint)).resolves.toHaveLength(rounds)
    }
  })

  test('takes newer settings and never goes back to older ones', async () => {
    const clientId = randomUUID()
    const [older, newer] = [createWebhookSecret(), createWebhookSecret()]
    const create = (secret: string, issued: string) =>
      test_.createEndpoint({ clientId, secret, tokenIssuedAt: new Date(issued) })
    const endpoint = create(newer, '2026-11-24T07:00:00Z')
    await append(endpoint, ['1'])
    await append(create(older, '2026-11-24T06:00:00Z'), ['2'])
    await expect(test_.journal.claim(endpoint.endpointId, 'me')).resolves.toMatchObject({
      secret: newer,
    })
    await append(create(older, '2026-11-24T08:00:00Z'), ['3'])
    await expect(test_.journal.claim(endpoint.endpointId, 'me')).resolves.toMatchObject({
      secret: older,
    })
  })

  test('tells whoever listens, of new messages and of changed settings', async () => {
    const clientId = randomUUID()
    const heard: string[] = []
    const create = (issued: string) =>
      test_.createEndpoint({ clientId, tokenIssuedAt: new Date(issued) })
    const endpoint = create('2026-11-24T06:00:00Z')
    await append(endpoint, ['1'])
    const unsubscribe = test_.journal.subscribe(endpoint.endpointId, {
      onAppended: () => heard.push('appended'),
      onInterrupted: () => heard.push('interrupted'),
    })
    await append(endpoint, ['2'])
    await until('the append is heard', () => heard.includes('appended'))
    await append(create('2026-11-24T07:00:00Z'), ['2'])
    await until('the change is heard', () => heard.includes('interrupted'))
    unsubscribe()
    heard.length = 0
    await append(endpoint, ['3'])
    await test_.journal.interrupt(endpoint.endpointId)
    expect(heard).toEqual([])
  })

  test('that the journal refuses is refused alone, though others go in the same transaction', async () => {
    const [good, bad] = [test_.createEndpoint(), test_.createEndpoint()]
    const results = await Promise.allSettled([
      append(good, ['1', '2']),
      append(bad, ['no NUL \0 in PostgreSQL', '1']),
      append(good, ['3']),
      // Too long for an index, however little it is compressed.
      append(bad, [Array.from({ length: 400 }, () => randomUUID()).join('')]),
    ])
    expect(results.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'rejected', 'fulfilled', 'rejected'],
    ])
    for (const result of results) {
      if (result.status === 'rejected')
        expect(result.reason).toMatchObject({ code: 'journal-refused', retryable: false })
    }
    await expect(readIds(good)).resolves.toEqual(['1', '2', '3'])
    await expect(readIds(bad)).resolves.toEqual([])
  })

  test('of nothing does nothing', async () => {
    await expect(test_.journal.append([])).resolves.toEqual({ appended: 0, woken: [] })
  })
})

describe('a page', () => {
  test('holds a bounded number of messages and says that there are more', async () => {
    const endpoint = test_.createEndpoint()
    const ids = Array.from({ length: 300 }, (_, index) => `message-${index}`)
    await append(endpoint, ids)
    const read: string[] = []
    for (let after = 0, hasMore = true; hasMore;) {
      const page = await test_.journal.read(endpoint.endpointId, after)
      expect(page.messages.length).toBeLessThanOrEqual(128)
      read.push(...page.messages.map(({ messageId }) => messageId))
      after = page.messages.at(-1)?.position ?? after
      hasMore = page.hasMore
    }
    expect(read).toEqual(ids)
  })

  test('holds a bounded number of bytes, but always a message', async () => {
    const endpoint = test_.createEndpoint()
    const body = 'x'.repeat(300 * 1_024)
    await test_.journal.append(['1', '2'].map((id) => createDelivery(endpoint, id, body)))
    const page = await test_.journal.read(endpoint.endpointId, 0)
    expect(page.messages.map(({ messageId }) => messageId)).toEqual(['1'])
    expect(page.hasMore).toBe(true)
    expect(page.messages[0]?.body).toBe(body)
  })

  test('is shorter where many are read together that hold much, and says that there is more', async () => {
    const mebibyte = 1_024 * 1_024
    const body = 'x'.repeat(mebibyte)
    const endpoints = Array.from({ length: 20 }, () => test_.createEndpoint())
    for (const endpoint of endpoints) {
      await test_.journal.append([createDelivery(endpoint, 'one', body)])
    }
    const pages = await Promise.all(
      endpoints.map(({ endpointId }) => test_.journal.read(endpointId, 0)),
    )
    expect(pages.map(({ messages }) => messages.length)).toEqual([
      ...Array<number>(16).fill(1),
      ...Array<number>(4).fill(0),
    ])
    expect(pages.slice(16).every(({ hasMore }) => hasMore)).toBe(true)
  })

  test('is each endpoint’s own, though many are read together', async () => {
    const endpoints = Array.from({ length: 10 }, () => test_.createEndpoint())
    await test_.journal.append(
      endpoints.map((endpoint) => createDelivery(endpoint, endpoint.clientId)),
    )
    const pages = await Promise.all(endpoints.map((endpoint) => readIds(endpoint)))
    expect(pages).toEqual(endpoints.map(({ clientId }) => [clientId]))
  })
})

describe('a claim', () => {
  test('opens what the token said', async () => {
    const secret = createWebhookSecret()
    const endpoint = test_.createEndpoint({
      url: 'https://hooks.example/a?b=c',
      secret,
      maxRate: 5,
      maxConcurrency: 2,
    })
    await append(endpoint, ['1'])
    await expect(test_.journal.claim(endpoint.endpointId, 'me')).resolves.toEqual({
      clientId: endpoint.clientId,
      url: 'https://hooks.example/a?b=c',
      secret,
      maxRate: 5,
      maxConcurrency: 2,
      cursor: 0,
      settledBeyond: [],
      batches: [],
    })
  })

  test('finds nothing where there is no such endpoint', async () => {
    await expect(test_.journal.claim('nobody', 'me')).resolves.toBeUndefined()
  })

  test('goes on where the last one stood, and knows what is settled beyond', async () => {
    const endpoint = test_.createEndpoint()
    await append(endpoint, ['1', '2', '3'])
    const { messages } = await test_.journal.read(endpoint.endpointId, 0)
    const [first = 0, , third = 0] = messages.map(({ position }) => position)
    await test_.journal.claim(endpoint.endpointId, 'me')
    await test_.journal.settle(settlement(endpoint, 'me', third, 0))
    await expect(test_.journal.claim(endpoint.endpointId, 'me')).resolves.toMatchObject({
      cursor: 0,
      settledBeyond: [third],
    })
    await test_.journal.settle(settlement(endpoint, 'me', first))
    await expect(test_.journal.claim(endpoint.endpointId, 'me')).resolves.toMatchObject({
      cursor: first,
      settledBeyond: [third],
    })
  })

  test('takes the endpoint from whoever had it', async () => {
    const endpoint = test_.createEndpoint()
    await append(endpoint, ['1'])
    const { messages } = await test_.journal.read(endpoint.endpointId, 0)
    const position = messages[0]?.position ?? 0
    await test_.journal.claim(endpoint.endpointId, 'first')
    await test_.journal.claim(endpoint.endpointId, 'second')
    await expect(
      test_.journal.settle(settlement(endpoint, 'first', position)),
    ).rejects.toMatchObject({ code: 'endpoint-taken-over', retryable: true })
    await test_.journal.settle(settlement(endpoint, 'second', position))
  })
})

describe('an endpoint that nobody signalled', () => {
  test('is found after a while, until the signal is noted', async () => {
    const endpoint = test_.createEndpoint()
    const { woken } = await append(endpoint, ['1'])
    const find = async () => {
      const found = await test_.journal.findUnsignalled(1_000)
      return found.filter(({ endpointId }) => endpointId === endpoint.endpointId)
    }
    await expect(find()).resolves.toEqual([])
    await test_.pool.query(
      `UPDATE endpoints SET woken_at = woken_at - interval '1 minute' WHERE endpoint_id = $1`,
      [endpoint.endpointId],
    )
    await expect(find()).resolves.toEqual(woken)
    await test_.journal.markSignalled(woken)
    await expect(find()).resolves.toEqual([])
    await test_.pool.query(
      `UPDATE endpoints SET signalled_at = signalled_at - interval '1 hour' WHERE endpoint_id = $1`,
      [endpoint.endpointId],
    )
    await expect(find()).resolves.toEqual(woken)
  })
})

describe('the database', () => {
  test('holds no secret and no URL in the clear', async () => {
    const secret = createWebhookSecret()
    const endpoint = test_.createEndpoint({ url: 'https://hooks.example/very-secret-path', secret })
    await append(endpoint, ['1'])
    const { rows } = await test_.pool.query<{ text: string }>(
      `SELECT endpoints::text AS text FROM endpoints UNION ALL SELECT deliveries::text FROM deliveries`,
    )
    const dump = rows.map(({ text }) => text).join('\n')
    expect(dump).toContain(endpoint.endpointId)
    expect(dump).not.toContain(secret)
    expect(dump).not.toContain('very-secret-path')
    expect(dump).not.toContain(Buffer.from('very-secret-path').toString('hex'))
  })
})
