import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { EndpointNote } from '../../../../activities/delivery/operations-journal.ts'
import { findDelivery } from '../../../../workers/push/journal/find-delivery.ts'
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

const refusal = { at: 1_800_000_000_000, durationMs: 4, status: 422, error: 'status-422' }

/** An endpoint that has refused so many messages. */
async function refuse(count: number) {
  const endpoint = test_.createEndpoint()
  const { endpointId } = endpoint
  const ids = Array.from({ length: count }, (_unused, index) => `${endpointId}-${index}`)
  await test_.journal.append(ids.map((id) => createDelivery(endpoint, id)))
  await test_.journal.claim(endpointId, 'me')
  const positions: number[] = []
  for (let after = 0, hasMore = true; hasMore;) {
    const page = await test_.journal.read(endpointId, after)
    positions.push(...page.messages.map(({ position }) => position))
    after = page.messages.at(-1)?.position ?? after
    hasMore = page.hasMore
  }
  await Promise.all(
    positions.flatMap((position) => [
      test_.journal.logAttempt(endpointId, position, refusal),
      test_.journal.settle({
        ...{ endpointId, owner: 'me', position, origin: position, state: 'retrying' },
        ...{ attempt: refusal, cursor: position },
      }),
    ]),
  )
  return { endpoint, endpointId, ids, positions }
}

describe('a refused message', () => {
  test('is loaded with what is needed to send it, and ended once', async () => {
    const { endpointId, ids, positions } = await refuse(1)
    const [position = 0] = positions
    await expect(test_.journal.loadRefused(endpointId, position)).resolves.toMatchObject({
      endpoint: { url: 'https://hooks.example/' },
      message: { messageId: ids[0], position, origin: position, body: '{}' },
    })
    const dead = { endpointId, position, state: 'dead', reason: 'exhausted' } as const
    await expect(test_.journal.settleRefused(dead)).resolves.toBe(true)
    await expect(test_.journal.loadRefused(endpointId, position)).resolves.toBeDefined()
    const attempt = { at: 1_800_000_001_000, durationMs: 5, status: 204 }
    const delivered = { endpointId, position, state: 'delivered', attempt } as const
    await expect(test_.journal.settleRefused(delivered)).resolves.toBe(true)
    await expect(test_.journal.settleRefused(delivered)).resolves.toBe(false)
    await expect(test_.journal.loadRefused(endpointId, position)).resolves.toBeUndefined()
    await expect(findDelivery(test_.pool, derivedKeys, ids[0] ?? '')).resolves.toMatchObject([
      { state: 'delivered', attempts: 2, lastStatus: 204, log: [{ number: 1 }, { number: 2 }] },
    ])
  })

  test.each<[EndpointNote, { reason: string; until?: number } | undefined]>([
    [{ state: 'delivering', failures: 0 }, undefined],
    [{ state: 'idle', failures: 0 }, undefined],
    [{ state: 'paused', failures: 0 }, { reason: 'paused' }],
    [{ state: 'disabled', failures: 1 }, { reason: 'disabled' }],
    [{ state: 'backing-off', failures: 1 }, { reason: 'backing-off' }],
    [
      { state: 'backing-off', failures: 1, nextAttemptAt: 4_000_000_000_000 },
      { reason: 'backing-off', until: 4_000_000_000_000 },
    ],
    [{ state: 'backing-off', failures: 1, nextAttemptAt: 1_000 }, undefined],
  ])('is held where its endpoint is %o', async (note, held) => {
    const { endpointId, positions } = await refuse(1)
    await test_.journal.note(endpointId, note)
    const loaded = await test_.journal.loadRefused(endpointId, positions[0] ?? 0)
    expect(loaded?.held).toEqual(held)
  })
})

describe('refused messages whose workflows are to be started', () => {
  const find = async (endpointId: string) => {
    const found = await test_.journal.findUnstarted(100_000)
    return found.filter((message) => message.endpointId === endpointId)
  }

  test('are found with what their workflows need, until they are started', async () => {
    const { endpoint, endpointId, ids, positions } = await refuse(2)
    await expect(find(endpointId)).resolves.toEqual(
      ids.map((messageId, index) => ({
        ...{ clientId: endpoint.clientId, endpointId, host: 'hooks.example', messageId },
        ...{ position: positions[index], correlationId: 'case', type: 'ocr.v1m0.RecognizedText' },
        ...{ failures: 1, lastStatus: 422, lastError: 'status-422' },
      })),
    )
    const [first = 0, second = 0] = positions
    await test_.journal.markStarted([{ endpointId, position: first }])
    await expect(find(endpointId)).resolves.toMatchObject([{ position: second }])
    await test_.journal.settleRefused({ endpointId, position: second, state: 'dead' })
    await test_.journal.markStarted([{ endpointId, position: second }])
    await expect(find(endpointId)).resolves.toEqual([])
  })

  test('are started again where a workflow of long ago may be gone, and give their places back', async () => {
    const { endpointId, positions } = await refuse(101)
    await test_.journal.markStarted(await find(endpointId))
    await test_.pool.query(
      "UPDATE outcomes SET settled_at = now() - interval '25 hours' WHERE endpoint_id = $1 AND position < $2",
      [endpointId, positions[99]],
    )
    await expect(find(endpointId)).resolves.toEqual([])
    await test_.journal.forgetOldStarts()
    const found = await find(endpointId)
    expect(found.map(({ position }) => position)).toEqual(positions.slice(0, 99))
    await test_.journal.markStarted(found)
    await test_.journal.forgetOldStarts()
    await expect(find(endpointId)).resolves.toEqual([])
  })

  test('are a hundred at once for each endpoint; the next one follows where one has ended', async () => {
    const { endpointId, positions } = await refuse(130)
    const found = await find(endpointId)
    expect(found.map(({ position }) => position)).toEqual(positions.slice(0, 100))
    await test_.journal.markStarted(found.slice(0, 60))
    await expect(find(endpointId)).resolves.toHaveLength(40)
    await test_.journal.markStarted(found.slice(60))
    await expect(find(endpointId)).resolves.toEqual([])
    const [position = 0] = positions
    await test_.journal.settleRefused({ endpointId, position, state: 'dead' })
    await expect(find(endpointId)).resolves.toMatchObject([{ position: positions[100] }])
  })
})
