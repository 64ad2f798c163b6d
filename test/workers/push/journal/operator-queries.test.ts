import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { Settlement } from '../../../../activities/delivery/delivery-journal.ts'
import type { EndpointRow } from '../../../../workers/push/journal/append-deliveries.ts'
import { findDelivery } from '../../../../workers/push/journal/find-delivery.ts'
import { findEndpoints } from '../../../../workers/push/journal/find-endpoints.ts'
import { listDeliveries } from '../../../../workers/push/journal/list-deliveries.ts'
import { derivedKeys } from '../../../support/client-keys.ts'
import {
  createDelivery,
  createTestPushJournal,
  type TestPushJournal,
} from '../../../support/push-journal.ts'

let test_: TestPushJournal

beforeAll(async () => {
  test_ = await createTestPushJournal()
})

afterAll(async () => {
  await test_.drop()
})

/** Appends messages and settles some of them. */
async function fill(
  endpoint: EndpointRow,
  states: Readonly<Record<string, 'pending' | 'delivered' | 'retrying'>>,
): Promise<void> {
  const { endpointId } = endpoint
  const entries = Object.entries(states)
  await test_.journal.append(
    entries.map(([id]) => ({ ...createDelivery(endpoint, id), correlationId: `case-${id}` })),
  )
  await test_.journal.claim(endpointId, 'me')
  const { messages } = await test_.journal.read(endpointId, 0)
  for (const [index, [, state]] of entries.entries()) {
    const { position = 0 } = messages[index] ?? {}
    if (state === 'pending') continue
    const status = state === 'delivered' ? 200 : 404
    const attempt = { at: 1_800_000_000_000, durationMs: 12, status, address: '192.0.2.1' }
    if (state === 'retrying')
      await test_.journal.logAttempt(endpointId, position, { ...attempt, error: 'status-404' })
    const settlement: Settlement = {
      ...{ endpointId, owner: 'me', position, origin: position, state, cursor: 0 },
      attempt: state === 'retrying' ? { ...attempt, error: 'status-404' } : attempt,
    }
    await test_.journal.settle(settlement)
  }
}

test('an endpoint shows what waits, and the newest token’s is the first', async () => {
  const older = test_.createEndpoint()
  const { clientId } = older
  const newer = test_.createEndpoint({
    clientId,
    url: 'https://newer.example/',
    tokenIssuedAt: new Date('2026-11-24T07:00:00Z'),
  })
  await fill(older, { a: 'pending', b: 'delivered', c: 'retrying', d: 'pending' })
  await fill(newer, { a: 'delivered' })
  await test_.journal.noteInFlight(older.endpointId, 'me', 2)
  await expect(findEndpoints(test_.pool, clientId)).resolves.toEqual([
    {
      ...{ clientId, endpointId: newer.endpointId, host: 'newer.example', state: 'delivering' },
      ...{ failures: 0, backlog: 0, inFlight: 0, retrying: 0, dead: 0 },
      tokenIssuedAt: Date.parse('2026-11-24T07:00:00Z'),
    },
    {
      ...{ clientId, endpointId: older.endpointId, host: 'hooks.example', state: 'delivering' },
      ...{ failures: 0, backlog: 2, inFlight: 2, retrying: 1, dead: 0 },
      tokenIssuedAt: Date.parse('2026-11-24T06:00:00Z'),
    },
  ])
})

test('messages are listed by state and by transaction, the newest first', async () => {
  const endpoint = test_.createEndpoint()
  const { clientId, endpointId } = endpoint
  await fill(endpoint, { a: 'pending', b: 'delivered', c: 'retrying', d: 'pending' })
  const list = (options: {
    state?: 'pending' | 'delivered' | 'retrying'
    correlationId?: string
  }) => listDeliveries(test_.pool, { clientId, limit: 3, ...options })
  const ids = async (options: Parameters<typeof list>[0]) =>
    (await list(options)).map(({ id }) => id)
  await expect(ids({})).resolves.toEqual(['d', 'c', 'b'])
  await expect(ids({ state: 'pending' })).resolves.toEqual(['d', 'a'])
  await expect(ids({ correlationId: 'case-a' })).resolves.toEqual(['a'])
  await expect(ids({ correlationId: 'case-a', state: 'delivered' })).resolves.toEqual([])
  await expect(list({ state: 'delivered' })).resolves.toMatchObject([
    { id: 'b', endpointId, state: 'delivered', attempts: 1, lastStatus: 200 },
  ])
  await expect(list({ state: 'retrying' })).resolves.toMatchObject([
    { id: 'c', state: 'retrying', attempts: 1, lastStatus: 404, lastError: 'status-404' },
  ])
})

test('a pending message is tried when its endpoint is', async () => {
  const endpoint = test_.createEndpoint()
  const { clientId, endpointId } = endpoint
  await fill(endpoint, { a: 'pending' })
  const nextAttemptAt = Date.parse('2026-11-24T08:00:00Z')
  const note = { failures: 3, lastStatus: 503, lastError: 'status-503', nextAttemptAt }
  await test_.journal.note(endpointId, { ...note, state: 'backing-off' })
  await expect(listDeliveries(test_.pool, { clientId, limit: 9 })).resolves.toMatchObject([
    { id: 'a', state: 'pending', attempts: 0, nextAttemptAt },
  ])
  await expect(findEndpoints(test_.pool, clientId)).resolves.toMatchObject([
    { state: 'backing-off', ...note },
  ])
})

test('a message is found at each of its endpoints, with the attempts that failed and the last one', async () => {
  const [one, other] = [test_.createEndpoint(), test_.createEndpoint()]
  const id = one.endpointId
  await fill(one, { [id]: 'retrying' })
  await fill(other, { [id]: 'delivered' })
  await expect(findDelivery(test_.pool, derivedKeys, id)).resolves.toMatchObject([
    {
      endpointId: other.endpointId,
      state: 'delivered',
      log: [{ number: 1, at: 1_800_000_000_000, status: 200, durationMs: 12 }],
    },
    {
      endpointId: one.endpointId,
      state: 'retrying',
      log: [{ number: 1, status: 404, error: 'status-404', address: '192.0.2.1' }],
    },
  ])
  await expect(findDelivery(test_.pool, derivedKeys, 'unknown')).resolves.toEqual([])
})
