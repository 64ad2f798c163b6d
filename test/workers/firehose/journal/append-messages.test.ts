import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import fc from 'fast-check'
import { pino } from 'pino'
import { IpsError } from '../../../../lib/errors/ips-error.ts'
import { journalPoolSettings } from '../../../../lib/journal/journal-pool-settings.ts'
import { createPool, type Pool } from '../../../../lib/postgres/create-pool.ts'
import { createFirehoseJournal } from '../../../../workers/firehose/journal/create-firehose-journal.ts'
import { derivedKeys } from '../../../support/client-keys.ts'
import {
  createMessage,
  createTestFirehoseJournal,
  readOn,
  readStream,
  type StreamView,
  type TestFirehoseJournal,
} from '../../../support/firehose-journal.ts'

let test_: TestFirehoseJournal
/** Where connections are ended: its writers share nothing with the readers. */
let mortalPool: Pool

beforeAll(async () => {
  test_ = await createTestFirehoseJournal()
  mortalPool = createPool({
    url: `${test_.url}?application_name=mortal`,
    database: test_.database,
    size: 4,
    logger: pino({ level: 'silent' }),
    settings: journalPoolSettings,
  })
})

afterAll(async () => {
  await mortalPool.end()
  await test_.drop()
})

/** Clients, named by numbers, each with messages named by numbers: few, so that there are copies. */
const batch = fc.array(fc.tuple(fc.nat(3), fc.nat(40)), { maxLength: 12 })
/** Each writer appends its batches one after the other, beside the others. */
const writers = fc.array(fc.array(batch, { maxLength: 4 }), { minLength: 1, maxLength: 4 })

/** Clients of one run, of whom nobody has heard before. */
function createClients() {
  const run = randomUUID()
  return [0, 1, 2, 3].map((number) => `${run}-${number}`)
}

/** Follows streams until `isOver` and then to their ends; each view is a reader of its own. */
async function follow(clientIds: readonly string[], isOver: () => boolean) {
  const views = clientIds.map((): StreamView => ({ ids: [], lastOffset: 0n }))
  for (let last = false; !last;) {
    last = isOver()
    await Promise.all(
      clientIds.map(async (clientId, index) => {
        const view = views[index]
        if (view !== undefined) await readOn(test_.journal, clientId, view)
      }),
    )
  }
  return views.map(({ ids }) => ids)
}

describe('messages that several writers append', () => {
  test('are seen by every reader in the same order, without gaps, each once', async () => {
    await fc.assert(
      fc.asyncProperty(writers, async (batchesOfWriters) => {
        const clientIds = createClients()
        const state = { isOver: false }
        const readers = [1, 2].map(() => follow(clientIds, () => state.isOver))
        const toMessages = (pairs: readonly (readonly [number, number])[]) =>
          pairs.map(([client, id]) => createMessage(clientIds[client] ?? '', String(id)))
        const appended = await Promise.all(
          batchesOfWriters.map(async (batches) => {
            const journal = createFirehoseJournal(test_.pool, derivedKeys)
            let total = 0
            for (const pairs of batches) total += await journal.append(toMessages(pairs))
            return total
          }),
        )
        state.isOver = true
        const [first, second] = await Promise.all(readers)
        expect(second).toEqual(first)
        const sent = batchesOfWriters.flat(2)
        for (const [client, ids] of (first ?? []).entries()) {
          const expected = sent.filter(([to]) => to === client).map(([, id]) => String(id))
          expect(ids).toHaveLength(new Set(expected).size)
          expect(new Set(ids)).toEqual(new Set(expected))
        }
        const total = (first ?? []).reduce((sum, ids) => sum + ids.length, 0)
        expect(appended.reduce((sum, count) => sum + count, 0)).toBe(total)
      }),
      { numRuns: 40 },
    )
  }, 120_000)

  test('keep the order in which each writer has sent them', async () => {
    const clientId = randomUUID()
    const ids = (writer: string) =>
      Array.from({ length: 60 }, (_unused, index) => `${writer}-${index}`)
    await Promise.all(
      ['a', 'b', 'c'].map(async (writer) => {
        const journal = createFirehoseJournal(test_.pool, derivedKeys)
        for (let at = 0; at < 60; at += 6)
          await journal.append(
            ids(writer)
              .slice(at, at + 6)
              .map((id) => createMessage(clientId, id)),
          )
      }),
    )
    const read = await readStream(test_.journal, clientId)
    for (const writer of ['a', 'b', 'c'])
      expect(read.filter((id) => id.startsWith(writer))).toEqual(ids(writer))
  })

  test('are all there, once and without gaps, when connections are ended at any moment', async () => {
    const clientIds = createClients()
    const state = { isOver: false, ended: 0 }
    const reading = follow(clientIds, () => state.isOver)
    const killing = (async () => {
      while (!state.isOver) {
        const { rowCount } = await test_.pool.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND application_name = 'mortal' AND random() < 0.5`,
        )
        state.ended += rowCount ?? 0
        await setTimeout(Math.random() * 8)
      }
    })()
    const failures: unknown[] = []
    const appendUntilDone = async (ids: readonly string[]) => {
      const mortal = createFirehoseJournal(mortalPool, derivedKeys)
      const messages = ids.flatMap((id) => clientIds.map((clientId) => createMessage(clientId, id)))
      for (;;) {
        try {
          await mortal.append(messages)
          return
        } catch (error) {
          // Again what may be there already, as the topic gives it again.
          failures.push(error)
          if (!(error instanceof IpsError) || !error.retryable) return
        }
      }
    }
    const names = Array.from({ length: 120 }, (_unused, index) => String(index))
    await Promise.all(
      [0, 1, 2].map(async (writer) => {
        for (let at = writer; at < names.length; at += 3)
          await appendUntilDone(names.slice(at, at + 3))
      }),
    )
    state.isOver = true
    await killing
    expect(state.ended).toBeGreaterThan(0)
    expect(failures.length).toBeGreaterThan(0)
    for (const error of failures)
      expect(error).toMatchObject({ code: 'journal-unavailable', retryable: true })
    for (const ids of await reading) {
      expect(ids).toHaveLength(names.length)
      expect(new Set(ids)).toEqual(new Set(names))
    }
  }, 120_000)
})

test('an append that dies between its two trips leaves nothing, and holds nobody up', async () => {
  const clientId = randomUUID()
  const dead = createFirehoseJournal(test_.pool, derivedKeys)
  const bad = { ...createMessage(clientId, 'bad'), json: undefined as unknown as Buffer }
  await expect(dead.append([createMessage(clientId, 'good'), bad])).rejects.toThrow()
  expect(await readStream(test_.journal, clientId)).toEqual([])
  expect(await test_.journal.append([createMessage(clientId, 'good')])).toBe(1)
  expect(await readStream(test_.journal, clientId)).toEqual(['good'])
})

test('the number of statements is the same for any number of clients', async () => {
  const countFor = async (clients: number) => {
    const texts: string[] = []
    const listening = new Proxy(test_.pool, {
      get: (pool, property) =>
        property !== 'connect'
          ? (Reflect.get(pool, property) as unknown)
          : async () => {
              const client = await pool.connect()
              return new Proxy(client, {
                get(target, name) {
                  const value: unknown = Reflect.get(target, name)
                  if (typeof value !== 'function') return value
                  return (...args: unknown[]) => {
                    if (name === 'query') texts.push((args[0] as { text: string }).text)
                    return Reflect.apply(value, target, args) as unknown
                  }
                },
              })
            },
    })
    const run = randomUUID()
    const messages = Array.from({ length: clients }, (_unused, client) => [
      createMessage(`${run}-${client}`, '1'),
      createMessage(`${run}-${client}`, '2'),
    ])
    await createFirehoseJournal(listening, derivedKeys).append(messages.flat())
    return texts.length
  }
  expect(await countFor(1)).toBe(7)
  expect(await countFor(300)).toBe(7)
})

test('what PostgreSQL cannot hold is refused, and nothing of its batch is appended', async () => {
  const clientId = randomUUID()
  const messages = [createMessage(clientId, '1'), createMessage(clientId, 'zero\0byte')]
  await expect(test_.journal.append(messages)).rejects.toMatchObject({ code: 'journal-refused' })
  expect(await test_.journal.bounds(clientId)).toEqual({ oldestOffset: 1n, lastOffset: 0n })
})
