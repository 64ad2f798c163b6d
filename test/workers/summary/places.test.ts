import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import type { IncomingRecord } from '../../../lib/kafka/start-consumer.ts'
import { createBatchHandler } from '../../../workers/summary/handle-batch.ts'
import { groupEntries } from '../../../workers/summary/group-entries.ts'
import {
  createJournal,
  type Journal,
  type TransactionProgress,
} from '../../../workers/summary/journal.ts'
import { takeOverPartition } from '../../../workers/summary/take-over-partition.ts'
import { createTestClientKeys, type TestClientKeys } from '../../support/client-keys.ts'
import { createTestDatabases, type TestDatabases } from '../../support/postgres.ts'
import { incomingRecord } from '../../support/records.ts'
import { createTextRecords } from '../../support/vision-messages.ts'

const topic = 'vision-1'

let databases: TestDatabases
let pool: Pool
let journal: Journal
let keys: TestClientKeys

beforeAll(async () => {
  databases = createTestDatabases()
  pool = await databases.createDatabase('ips_summary', 'workers/summary/schema')
  journal = createJournal(pool)
  keys = await createTestClientKeys()
})

beforeEach(() => pool.query('TRUNCATE places'))

afterAll(() => Promise.all([databases.drop(), keys.remove()]))

const none = groupEntries([])
const place = (offset: bigint, newestAtMs = Number(offset)) => ({
  ...{ topic, partition: 0, offset, newestAtMs },
})
const key = (correlationId: string) => ({ clientId: 'client', correlationId })

describe('the place of a partition', () => {
  test('is unknown before anything was journalled', async () => {
    expect(await journal.loadPlace(topic, 0)).toBeUndefined()
  })

  test('is kept for each partition, with everybody who is to be told, each once', async () => {
    await journal.append(none, { ...place(3n), untold: [key('a')] })
    await journal.append(none, { ...place(5n), untold: [key('b'), key('a')] })
    await journal.append(none, { ...place(9n), partition: 1, untold: [] })
    const { untold = [], ...rest } = (await journal.loadPlace(topic, 0)) ?? {}
    expect(rest).toEqual(place(5n))
    expect(new Set(untold.map(({ correlationId }) => correlationId))).toEqual(new Set(['a', 'b']))
    expect(untold).toHaveLength(2)
    await journal.settle(place(6n))
    expect(await journal.loadPlace(topic, 0)).toEqual({ ...place(6n), untold: [] })
    expect(await journal.loadPlace(topic, 1)).toMatchObject({ offset: 9n })
  })

  test('is not moved by a process that has lost the partition, nor are others forgotten', async () => {
    await journal.append(none, { ...place(5n), untold: [key('a')] })
    await journal.append(none, { ...place(3n), untold: [key('old')] })
    await journal.settle(place(4n))
    expect(await journal.loadPlace(topic, 0)).toEqual({ ...place(5n), untold: [key('a')] })
  })

  test('goes back with a topic that was made anew', async () => {
    await journal.settle(place(500n, 1_000))
    await journal.settle(place(2n, 2_000))
    expect(await journal.loadPlace(topic, 0)).toMatchObject(place(2n, 2_000))
  })

  test('is not there without the batch that it belongs to', async () => {
    const bad = groupEntries([])
    const transactions = [{ client_id: null }] as unknown as (typeof bad)['transactions']
    const appended = journal.append({ ...bad, transactions }, { ...place(3n), untold: [] })
    await expect(appended).rejects.toMatchObject({ code: 'journal-refused', retryable: false })
    expect(await journal.loadPlace(topic, 0)).toBeUndefined()
  })
})

/** What a record of the property is. */
type Kind = 'text' | 'terminal' | 'unwanted' | 'unreadable' | 'unholdable'

const rights = async (correlationId: string) => ({
  clientId: correlationId,
  ...{ windowSeconds: 60, idleSeconds: 30, identityThreshold: 0.42, versions: ['1.0'] },
  expected: ['ocr/1.0'],
  key: await keys.keyFor(correlationId),
})

function createRecords(kinds: readonly Kind[], run: string): IncomingRecord[] {
  return kinds.map((kind, index) => {
    const image = {
      // PostgreSQL's texts cannot hold every character.
      correlationId: kind === 'unholdable' ? `${run}\u0000` : `${run}:${index % 3}`,
      ...{ clientId: run, image: index },
      token: kind === 'unwanted' ? 'unwanted' : run,
    }
    const [result, terminal] = createTextRecords(image)
    const value = kind === 'terminal' ? terminal?.value : result?.value
    return {
      ...incomingRecord(BigInt(index)),
      topic,
      value: kind === 'unreadable' ? Buffer.from('?') : Buffer.from(value ?? []),
      timestamp: 1_000 + index,
    }
  })
}

test('whenever it dies, the next process goes on so that everything has its effect', async () => {
  const kind = fc.constantFrom<Kind>('text', 'terminal', 'unwanted', 'unreadable', 'unholdable')
  const deaths = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(kind, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 5 }),
      deaths,
      async (kinds, batchSize, lives) => {
        await pool.query('TRUNCATE places')
        const run = randomUUID()
        const records = createRecords(kinds, run)
        const told = new Map<string, number>()
        const letters = new Set<bigint>()
        for (const life of [...lives, Infinity]) {
          const isDone = await live(records, batchSize, life, { told, letters }).then(
            () => true,
            () => false,
          )
          expect(isDone || life < Infinity).toBe(true)
        }
        const { rows } = await pool.query<{ image_id: string; correlation_id: string }>(
          'SELECT image_id, correlation_id FROM messages WHERE client_id = $1',
          [run],
        )
        const wanted = kinds.filter((it) => it === 'text' || it === 'terminal')
        expect(rows).toHaveLength(wanted.length)
        for (const [index, it] of kinds.entries()) {
          const isRefused = it === 'unreadable' || it === 'unholdable'
          expect(letters.has(BigInt(index))).toBe(isRefused)
          if (it !== 'terminal') continue
          const correlationId = `${run}:${index % 3}`
          const before = kinds.filter(
            (other, at) =>
              at <= index && at % 3 === index % 3 && (other === 'text' || other === 'terminal'),
          )
          expect(told.get(correlationId)).toBeGreaterThanOrEqual(before.length)
        }
        expect(await journal.loadPlace(topic, 0)).toMatchObject({
          offset: BigInt(kinds.length),
          untold: [],
        })
      },
    ),
    { numRuns: 60 },
  )
})

/** One process, from taking over to the end of the records, or to its death at its `life`th step. */
async function live(
  records: readonly IncomingRecord[],
  batchSize: number,
  life: number,
  { told, letters }: { told: Map<string, number>; letters: Set<bigint> },
): Promise<void> {
  let steps = 0
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    steps += 1
    // Half of the deaths come when the work was done and nobody heard of it.
    if (steps > life) throw new Error('dead')
    const result = await work()
    if (steps === life && life % 2 === 0) throw new Error('dead')
    return result
  }
  const dependencies = {
    journal: {
      append: (...args: Parameters<Journal['append']>) => step(() => journal.append(...args)),
      settle: (...args: Parameters<Journal['settle']>) => step(() => journal.settle(...args)),
      findSurplus: (...args: Parameters<Journal['findSurplus']>) => journal.findSurplus(...args),
      readProgress: (...args: Parameters<Journal['readProgress']>) => journal.readProgress(...args),
      loadPlace: (...args: Parameters<Journal['loadPlace']>) => journal.loadPlace(...args),
    },
    readRights: (token: string) =>
      token === 'unwanted' ? Promise.resolve(undefined) : rights(token),
    signalTransactions: (transactions: readonly TransactionProgress[]) =>
      step(() => {
        for (const { correlationId, progress } of transactions)
          told.set(correlationId, Math.max(told.get(correlationId) ?? 0, progress.messages))
        return Promise.resolve()
      }),
    reject: ({ offset }: IncomingRecord) => step(() => Promise.resolve(void letters.add(offset))),
    logger: pino({ level: 'silent' }),
    onRecords: () => undefined,
  }
  const own = await takeOverPartition(topic, 0, dependencies)
  const handle = createBatchHandler(dependencies)
  const left = records.slice(Number(own?.offset ?? 0))
  for (let start = 0; start < left.length; start += batchSize) {
    await handle(left.slice(start, start + batchSize), {
      signal: new AbortController().signal,
      complete: () => undefined,
      failures: () => 0,
      fail: () => Promise.resolve(0),
      forgive: () => undefined,
    })
  }
}
