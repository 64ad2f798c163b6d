import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { findDelivery } from '../../../../workers/push/journal/find-delivery.ts'
import { findEndpoints } from '../../../../workers/push/journal/find-endpoints.ts'
import { until } from '../../../support/until.ts'
import { derivedKeys } from '../../../support/client-keys.ts'
import {
  createDelivery,
  createTestPushJournal,
  type TestPushJournal,
} from '../../../support/push-journal.ts'

let test_: TestPushJournal

beforeEach(async () => {
  test_ = await createTestPushJournal()
})

afterEach(async () => {
  await test_.drop()
})

/** An endpoint that has got these messages and has fallen asleep. */
async function deliverAll(ids: readonly string[]) {
  const endpoint = test_.createEndpoint()
  const { endpointId } = endpoint
  await test_.journal.append(
    ids.map((id) =>
      createDelivery(endpoint, id, JSON.stringify({ id, filling: 'x'.repeat(1_000) })),
    ),
  )
  await test_.journal.claim(endpointId, 'me')
  const { messages } = await test_.journal.read(endpointId, 0)
  await Promise.all(
    messages.map(({ position, origin }) =>
      test_.journal.settle({
        ...{ endpointId, owner: 'me', position, origin, state: 'delivered', cursor: position },
      }),
    ),
  )
  const last = messages.at(-1)?.position ?? 0
  await expect(test_.journal.fallAsleep(endpointId, last)).resolves.toBe(true)
  return { endpoint, endpointId, last }
}

describe('a replay', () => {
  test('wakes the endpoint and is heard, and the endpoint does not fall asleep over it', async () => {
    const { endpointId, last } = await deliverAll(['a', 'b'])
    const heard: string[] = []
    const unsubscribe = test_.journal.subscribe(endpointId, {
      onAppended: () => heard.push('appended'),
    })
    await test_.journal.replay(endpointId, { since: 0 }, { after: 0, limit: 10 })
    await until('the replay is heard', () => heard.length > 0)
    unsubscribe()
    await expect(test_.journal.fallAsleep(endpointId, last)).resolves.toBe(false)
    const { rows } = await test_.pool.query(
      'SELECT awake, wake_generation FROM endpoints WHERE endpoint_id = $1',
      [endpointId],
    )
    expect(rows).toEqual([{ awake: true, wake_generation: '2' }])
    const { rowCount } = await test_.pool.query(
      `SELECT FROM endpoints WHERE endpoint_id = $1 AND signalled_generation < wake_generation`,
      [endpointId],
    )
    expect(rowCount).toBe(1)
  })

  test('since a time takes what was journalled from then on', async () => {
    const { endpoint, endpointId } = await deliverAll(['early', 'late'])
    const times = { early: '2026-11-24T06:00:00Z', late: '2026-11-24T07:00:00Z' }
    for (const [id, at] of Object.entries(times)) {
      await test_.pool.query('UPDATE deliveries SET created_at = $1 WHERE message_id = $2', [
        at,
        id,
      ])
    }
    const since = Date.parse('2026-11-24T06:30:00Z')
    await expect(
      test_.journal.replay(endpointId, { since }, { after: 0, limit: 10 }),
    ).resolves.toEqual({ messages: 1 })
    await expect(findEndpoints(test_.pool, endpoint.clientId)).resolves.toMatchObject([
      { backlog: 1 },
    ])
  })

  test('whose message retention has removed says so, and can be settled', async () => {
    const { endpointId } = await deliverAll(['a'])
    await test_.passDay()
    await test_.journal.replay(endpointId, { ids: ['a'] }, { after: 0, limit: 10 })
    await test_.passDay()
    const expired: number[] = []
    await test_.journal.dropExpiredSlots(24 * 60 * 60 - 60, (messages) => expired.push(messages))
    const claimed = await test_.journal.claim(endpointId, 'me')
    const { messages } = await test_.journal.read(endpointId, claimed?.cursor ?? 0)
    expect(messages).toMatchObject([{ messageId: 'a', body: undefined }])
    const [{ position, origin } = { position: 0, origin: 0 }] = messages
    await test_.journal.settle({
      ...{ endpointId, owner: 'me', position, origin, state: 'expired', cursor: position },
    })
    await expect(test_.journal.fallAsleep(endpointId, position)).resolves.toBe(true)
    expect(expired).toEqual([1])
    await expect(findDelivery(test_.pool, derivedKeys, 'a')).resolves.toMatchObject([
      { state: 'expired' },
    ])
  })

  test('counts its bodies against the size of a page', async () => {
    const ids = Array.from({ length: 4 }, (_unused, index) => `message-${index}`)
    const endpoint = test_.createEndpoint()
    const { endpointId } = endpoint
    const body = 'x'.repeat(100 * 1_024)
    await test_.journal.append(ids.map((id) => createDelivery(endpoint, id, body)))
    await test_.journal.claim(endpointId, 'me')
    const first = await test_.journal.read(endpointId, 0)
    const second = await test_.journal.read(endpointId, first.messages.at(-1)?.position ?? 0)
    const messages = [...first.messages, ...second.messages]
    for (const { position, origin } of messages) {
      await test_.journal.settle({
        ...{ endpointId, owner: 'me', position, origin, state: 'delivered', cursor: position },
      })
    }
    const last = messages.at(-1)?.position ?? 0
    await test_.journal.replay(endpointId, { since: 0 }, { after: 0, limit: 10 })
    const page = await test_.journal.read(endpointId, last)
    expect(page.messages.map(({ messageId }) => messageId)).toEqual(ids.slice(0, 3))
    expect(page.messages.every((message) => message.body === body)).toBe(true)
    expect(page.hasMore).toBe(true)
  })

  test('of an endpoint that the journal does not know does nothing', async () => {
    await expect(test_.journal.replay('nobody', {}, { after: 0, limit: 10 })).resolves.toEqual({
      messages: 0,
    })
  })
})

describe('a burial', () => {
  test('stops before the first message that is too young, and moves the cursor', async () => {
    const endpoint = test_.createEndpoint()
    const { endpointId } = endpoint
    await test_.journal.append(['a', 'b', 'c'].map((id) => createDelivery(endpoint, id)))
    await test_.journal.claim(endpointId, 'me')
    const { messages } = await test_.journal.read(endpointId, 0)
    await test_.pool.query(
      `UPDATE deliveries SET created_at = created_at - interval '4 days' WHERE message_id <> 'b'`,
    )
    const before = Date.now() - 3 * 24 * 60 * 60 * 1_000
    await expect(test_.journal.bury(endpointId, before, 'exhausted', 10)).resolves.toBe(1)
    await expect(test_.journal.bury(endpointId, before, 'exhausted', 10)).resolves.toBe(0)
    await expect(test_.journal.claim(endpointId, 'me')).resolves.toMatchObject({
      cursor: messages[0]?.position,
      settledBeyond: [],
    })
    await expect(findDelivery(test_.pool, derivedKeys, 'a')).resolves.toMatchObject([
      { state: 'dead', reason: 'exhausted' },
    ])
    await expect(findDelivery(test_.pool, derivedKeys, 'c')).resolves.toMatchObject([
      { state: 'pending' },
    ])
  })
})
