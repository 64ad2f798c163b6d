import { expect, test } from '@jest/globals'
import { createStoreGuard } from '../../../../gateway/create-store-guard.ts'
import { createLastKnownGood } from '../../../../gateway/authorisation/degradation/last-known-good.ts'
import { refreshGrants } from '../../../../gateway/authorisation/degradation/start-grants-refresh.ts'
import type { ClientGrants } from '../../../../gateway/authorisation/read-grants.ts'

const hourMs = 60 * 60 * 1_000
const grants = (claims: ClientGrants['claims']): ClientGrants => ({
  suspended: false,
  claims,
  webhookSecret: 's',
  webhookSecretKey: 'k',
})

function createFixture(size: number) {
  const clock = { elapsedMs: 0, timeMs: 0 }
  const memory = createLastKnownGood({
    size,
    maxAgeMs: hourMs,
    spreadMs: 0,
    clock: () => ({ ...clock }),
    random: Math.random,
  })
  const chunks: (readonly string[])[] = []
  const guard = createStoreGuard({ elapsedMs: () => 0, onChange: () => undefined })
  const refresh = (answer: (clientId: string) => ClientGrants | undefined, unreadable = '') =>
    refreshGrants(
      {
        memory,
        guard,
        readMany: (clientIds) => {
          chunks.push(clientIds)
          const readable = clientIds.filter((clientId) => clientId !== unreadable)
          return Promise.resolve(new Map(readable.map((id) => [id, answer(id)])))
        },
      },
      new AbortController().signal,
    )
  const know = (clientId: string) => memory.record(memory.begin(), clientId, grants({}))
  const passMs = (ms: number) => {
    clock.elapsedMs += ms
    clock.timeMs += ms
  }
  return { memory, chunks, refresh, know, passMs }
}

test('the refresh reads everybody who is known, some hundred at a time', async () => {
  const { memory, chunks, refresh, know, passMs } = createFixture(1_000)
  const clientIds = Array.from({ length: 600 }, (_, number) => `c${number}`)
  clientIds.forEach(know)
  passMs(hourMs / 2)
  await refresh((clientId) => grants({ [clientId]: true }))
  expect(chunks.flat()).toEqual(clientIds)
  expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThan(300)
  for (const clientId of clientIds) {
    const found = memory.find(clientId)
    expect(found?.known.grants?.claims).toEqual({ [clientId]: true })
    expect(found?.remainingMs).toBe(hourMs)
  }
})

test('what cannot be read stays as it was, and becomes too old', async () => {
  const { memory, refresh, know, passMs } = createFixture(10)
  know('a')
  know('b')
  passMs(hourMs)
  await refresh(() => undefined, 'a')
  expect(memory.find('a')).toMatchObject({
    known: { grants: { suspended: false } },
    remainingMs: 0,
  })
  expect(memory.find('b')).toMatchObject({ known: { grants: undefined }, remainingMs: hourMs })
})

test('at most so many clients are known as configured: who has asked least recently is forgotten', async () => {
  const { memory, chunks, refresh, know } = createFixture(2)
  know('a')
  know('b')
  know('a')
  know('c')
  await refresh(() => grants({}))
  expect(chunks).toEqual([['a', 'c']])
  expect(memory.find('b')).toBeUndefined()
})

test('who has asked for nothing for a day is forgotten', async () => {
  const { memory, chunks, refresh, know, passMs } = createFixture(10)
  know('a')
  passMs(20 * hourMs)
  know('b')
  passMs(5 * hourMs)
  await refresh(() => grants({}))
  expect(chunks).toEqual([['b']])
  expect(memory.find('a')).toBeUndefined()
})
