import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { pino } from 'pino'
import { removeAll } from '../../../workers/push/start-retention.ts'
import {
  createDelivery,
  createTestPushJournal,
  type TestPushJournal,
} from '../../support/push-journal.ts'

const retentionSeconds = 30 * 24 * 60 * 60

let test_: TestPushJournal

beforeAll(async () => {
  test_ = await createTestPushJournal()
})

afterAll(async () => {
  await test_.drop()
})

/** An endpoint whose messages are settled, in their order, as `states` says; all of it long ago. */
async function createOldEndpoint(states: readonly ('delivered' | 'dead' | 'pending')[]) {
  const endpoint = test_.createEndpoint()
  const { endpointId } = endpoint
  await test_.journal.append(states.map((_state, index) => createDelivery(endpoint, `${index}`)))
  await test_.journal.claim(endpointId, 'me')
  const { messages } = await test_.journal.read(endpointId, 0)
  let cursor = 0
  let isContiguous = true
  for (const [index, { position }] of messages.entries()) {
    const state = states[index] ?? 'pending'
    isContiguous &&= state !== 'pending'
    if (isContiguous) cursor = position
    if (state === 'pending') continue
    await test_.journal.settle({ endpointId, owner: 'me', position, state, attempts: 1, cursor })
  }
  await age(endpointId, retentionSeconds + 60)
  return endpoint
}

async function age(endpointId: string, seconds: number): Promise<void> {
  await test_.pool.query(
    `UPDATE outcomes SET settled_at = now() - $2 * interval '1 second' WHERE endpoint_id = $1`,
    [endpointId, seconds],
  )
}

async function keptBy(table: 'deliveries' | 'outcomes', endpointId: string): Promise<number> {
  const { rows } = await test_.pool.query<{ count: string }>(
    `SELECT count(*) FROM ${table} WHERE endpoint_id = $1`,
    [endpointId],
  )
  return Number(rows[0]?.count)
}

async function remove(limit = 1_000): Promise<number[]> {
  const steps: number[] = []
  const logger = pino({ level: 'silent' })
  const onRemoved = (messages: number) => void steps.push(messages)
  const options = { journal: test_.journal, retentionSeconds, logger, onRemoved }
  await removeAll(options, new AbortController().signal, limit)
  return steps
}

test('removes what was delivered or dead for long, in bounded steps', async () => {
  const { endpointId } = await createOldEndpoint(Array(5).fill('delivered'))
  const other = await createOldEndpoint(['dead', 'delivered'])
  await expect(remove(3)).resolves.toEqual([3, 3, 1])
  for (const id of [endpointId, other.endpointId]) {
    await expect(keptBy('deliveries', id)).resolves.toBe(0)
    await expect(keptBy('outcomes', id)).resolves.toBe(0)
  }
})

test('keeps what was settled lately', async () => {
  const { endpointId } = await createOldEndpoint(['delivered', 'dead'])
  await age(endpointId, retentionSeconds - 60)
  await expect(remove()).resolves.toEqual([0])
  await expect(keptBy('deliveries', endpointId)).resolves.toBe(2)
})

test('keeps what is pending and all that follows it, and the delivery goes on there', async () => {
  const endpoint = await createOldEndpoint(['delivered', 'pending', 'delivered', 'pending'])
  const { endpointId } = endpoint
  await expect(remove()).resolves.toEqual([1])
  const claimed = await test_.journal.claim(endpointId, 'next')
  const { messages } = await test_.journal.read(endpointId, claimed?.cursor ?? 0)
  expect(messages.map(({ messageId }) => messageId)).toEqual(['1', '2', '3'])
  expect(claimed?.settledBeyond).toEqual([messages[1]?.position])
  await test_.journal.append([createDelivery(endpoint, '4')])
  await expect(keptBy('deliveries', endpointId)).resolves.toBe(4)
})

test('says where the journal is away, and does not throw', async () => {
  const warnings: string[] = []
  const logger = pino({}, { write: (line: string) => warnings.push(line) })
  const journal = { removeSettled: () => Promise.reject(new Error('away')) }
  const options = { journal, retentionSeconds, logger, onRemoved: () => undefined }
  await removeAll(options, new AbortController().signal)
  expect(warnings.join('')).toContain('journal.retention-postponed')
})
