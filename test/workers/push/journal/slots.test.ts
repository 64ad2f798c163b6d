import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createJournal } from '../../../../workers/push/journal/create-journal.ts'
import { findDelivery } from '../../../../workers/push/journal/find-delivery.ts'
import { listDeliveries } from '../../../../workers/push/journal/list-deliveries.ts'
import { derivedKeys } from '../../../support/client-keys.ts'
import {
  createDelivery,
  createTestPushJournal,
  type TestPushJournal,
} from '../../../support/push-journal.ts'

const day = 24 * 60 * 60

let test_: TestPushJournal

// Slots are the database's: each test has one of its own.
beforeEach(async () => {
  test_ = await createTestPushJournal()
})

afterEach(async () => {
  await test_.drop()
})

async function passDays(days: number): Promise<void> {
  for (let passed = 0; passed < days; passed += 1) await test_.passDay()
}

async function dropOlderThan(seconds: number): Promise<{ slots: number; expired: number }> {
  let expired = 0
  const slots = await test_.journal.dropExpiredSlots(seconds, (messages) => (expired += messages))
  return { slots, expired }
}

async function partitions(): Promise<string[]> {
  const { rows } = await test_.pool.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relname ~ '^(deliveries|outcomes|attempts|expired)_[0-9]+$'
     ORDER BY relname`,
  )
  return rows.map(({ name }) => name)
}

async function readIds(endpointId: string): Promise<string[]> {
  const { messages } = await test_.journal.read(endpointId, 0)
  return messages.map(({ messageId }) => messageId)
}

describe('the next slot', () => {
  test('is opened when the newest is a day old, once, whoever asks', async () => {
    await expect(test_.journal.openSlotWhenDue()).resolves.toBeUndefined()
    await test_.pool.query(`UPDATE slots SET opened_at = opened_at - interval '1 day'`)
    const processes = Array.from({ length: 3 }, () =>
      createJournal(test_.pool, test_.openers, test_.news),
    )
    const opened = await Promise.all(processes.map((journal) => journal.openSlotWhenDue()))
    expect(opened.filter((slot) => slot !== undefined)).toEqual([1])
  })

  test('holds what comes next, in order, and refuses copies of what came in the days before', async () => {
    const endpoint = test_.createEndpoint()
    await test_.journal.append([createDelivery(endpoint, 'first')])
    await passDays(3)
    const deliveries = ['second', 'first', 'third'].map((id) => createDelivery(endpoint, id))
    await expect(test_.journal.append(deliveries)).resolves.toMatchObject({ appended: 2 })
    const { messages } = await test_.journal.read(endpoint.endpointId, 0)
    expect(messages.map(({ messageId }) => messageId)).toEqual(['first', 'second', 'third'])
    expect(messages.map(({ position }) => Math.floor(position / 2 ** 36))).toEqual([0, 3, 3])
  })

  test('is opened while appends go on, none of which fails or is lost', async () => {
    const endpoint = test_.createEndpoint()
    const ids = Array.from({ length: 200 }, (_unused, index) => `message-${index}`)
    const appending = (async () => {
      for (const id of ids) await test_.journal.append([createDelivery(endpoint, id)])
    })()
    await passDays(5)
    await appending
    const read: string[] = []
    for (let after = 0, hasMore = true; hasMore;) {
      const page = await test_.journal.read(endpoint.endpointId, after)
      read.push(...page.messages.map(({ messageId }) => messageId))
      after = page.messages.at(-1)?.position ?? after
      hasMore = page.hasMore
    }
    expect(read).toEqual(ids)
  })

  test('is used by the next call where a crash came before positions moved there', async () => {
    const endpoint = test_.createEndpoint()
    await passDays(1)
    await test_.pool.query(`SELECT setval('delivery_positions', 100)`)
    await test_.journal.append([createDelivery(endpoint, 'first')])
    await expect(test_.journal.openSlotWhenDue()).resolves.toBeUndefined()
    await test_.journal.append([createDelivery(endpoint, 'second')])
    const { messages } = await test_.journal.read(endpoint.endpointId, 0)
    expect(messages.map(({ position }) => position)).toEqual([101, 2 ** 36])
  })
})

describe('retention', () => {
  test('drops what was closed for long, and counts and lists what was not delivered', async () => {
    const endpoint = test_.createEndpoint()
    const { endpointId, clientId } = endpoint
    const ids = ['delivered', 'pending', 'refused', 'dropped']
    await test_.journal.append(ids.map((id) => createDelivery(endpoint, id)))
    await test_.journal.claim(endpointId, 'me')
    const { messages } = await test_.journal.read(endpointId, 0)
    const attempt = { at: Date.now(), durationMs: 1, status: 400, error: 'status-400' }
    for (const [index, state] of [
      [0, 'delivered'],
      [2, 'retrying'],
      [3, 'retrying'],
    ] as const) {
      const position = messages[index]?.position ?? 0
      if (state === 'retrying') await test_.journal.logAttempt(endpointId, position, attempt)
      await test_.journal.settle({
        ...{ endpointId, owner: 'me', position, origin: position, state, attempt, cursor: 0 },
      })
    }
    const position = messages[3]?.position ?? 0
    await test_.journal.settleRefused({ endpointId, position, state: 'dropped', reason: 'why not' })
    await passDays(3)
    await test_.journal.append([createDelivery(endpoint, 'later')])

    await expect(dropOlderThan(2 * day + 60)).resolves.toEqual({ slots: 0, expired: 0 })
    await expect(dropOlderThan(2 * day - 60)).resolves.toEqual({ slots: 1, expired: 2 })
    await expect(dropOlderThan(2 * day - 60)).resolves.toEqual({ slots: 0, expired: 0 })
    expect(await partitions()).not.toContain('deliveries_0')
    expect(await partitions()).toContain('deliveries_1')
    await expect(readIds(endpointId)).resolves.toEqual(['later'])
    await expect(
      listDeliveries(test_.pool, { clientId, state: 'expired', limit: 9 }),
    ).resolves.toMatchObject([
      { id: 'refused', state: 'expired', attempts: 1, lastStatus: 400, lastError: 'status-400' },
      { id: 'pending', state: 'expired', attempts: 0 },
    ])
    const all = await listDeliveries(test_.pool, { clientId, limit: 2 })
    expect(all.map(({ id }) => id)).toEqual(['later', 'refused'])
    await expect(findDelivery(test_.pool, derivedKeys, 'pending')).resolves.toMatchObject([
      { id: 'pending', state: 'expired' },
    ])
  })

  test('goes on beside appends, reads and settlements, and makes none of them fail', async () => {
    const endpoint = test_.createEndpoint()
    const { endpointId } = endpoint
    const working = { isOver: false, sent: 0 }
    await test_.journal.append([createDelivery(endpoint, 'first')])
    await test_.journal.claim(endpointId, 'me')
    const append = async () => {
      for (let id = 0; !working.isOver; id += 1)
        await test_.journal.append([createDelivery(endpoint, `message-${id}`)])
    }
    const deliver = async () => {
      for (let after = 0; !working.isOver;) {
        const { messages } = await test_.journal.read(endpointId, after)
        for (const { position, origin } of messages) {
          const attempt = { at: Date.now(), durationMs: 1, status: 200 }
          await test_.journal.settle({
            ...{ endpointId, owner: 'me', position, origin, state: 'delivered', attempt },
            cursor: position,
          })
          working.sent += 1
        }
        // From far behind: what lies in slots that are dropped meanwhile is settled too.
        after = Math.max(after, (messages[0]?.position ?? 0) - 1)
      }
    }
    const workers = [append(), deliver()]
    for (let round = 0; round < 6; round += 1) {
      await passDays(1)
      await dropOlderThan(day - 60)
    }
    working.isOver = true
    await Promise.all(workers)
    expect(working.sent).toBeGreaterThan(0)
    expect((await partitions()).filter((name) => name.startsWith('outcomes'))).toHaveLength(2)
  })

  test('leaves settlements of what it has removed without a trace, and the cursor moves', async () => {
    const endpoint = test_.createEndpoint()
    const { endpointId } = endpoint
    await test_.journal.append([createDelivery(endpoint, 'old')])
    await test_.journal.claim(endpointId, 'me')
    const { messages } = await test_.journal.read(endpointId, 0)
    const position = messages[0]?.position ?? 0
    await passDays(2)
    await dropOlderThan(day - 60)
    const attempt = { at: Date.now(), durationMs: 1, status: 200 }
    await test_.journal.logAttempt(endpointId, position, attempt)
    await test_.journal.settle({
      ...{ endpointId, owner: 'me', position, origin: position, state: 'delivered', attempt },
      cursor: position,
    })
    await expect(test_.journal.claim(endpointId, 'me')).resolves.toMatchObject({
      cursor: position,
      settledBeyond: [],
    })
  })

  test('ends what was interrupted halfway', async () => {
    const endpoint = test_.createEndpoint()
    await test_.journal.append([createDelivery(endpoint, 'old')])
    await passDays(2)
    await test_.pool.query('UPDATE slots SET expired_at = now() WHERE slot = 0')
    const [reader, dropper] = [await test_.pool.connect(), await test_.pool.connect()]
    await reader.query('BEGIN; SELECT count(*) FROM deliveries')
    await dropper.query(`SET lock_timeout = '100ms'`)
    await expect(
      dropper.query('ALTER TABLE deliveries DETACH PARTITION deliveries_0 CONCURRENTLY'),
    ).rejects.toThrow('lock timeout')
    await reader.query('COMMIT')
    for (const client of [reader, dropper]) client.release(true)
    await expect(readIds(endpoint.endpointId)).resolves.toEqual([])

    await expect(dropOlderThan(30 * day)).resolves.toEqual({ slots: 1, expired: 0 })
    expect((await partitions()).filter((name) => name.endsWith('_0'))).toEqual([])
  })

  test('is done by one process, and the others go on', async () => {
    await passDays(2)
    const processes = Array.from({ length: 3 }, () =>
      createJournal(test_.pool, test_.openers, test_.news),
    )
    const dropped = await Promise.all(
      processes.map((journal) => journal.dropExpiredSlots(day - 60, () => undefined)),
    )
    expect(dropped.reduce((total, slots) => total + slots, 0)).toBe(1)
  })
})
