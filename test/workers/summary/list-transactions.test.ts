import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { randomUUID } from 'node:crypto'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { createClientKeys } from '../../../lib/client-keys/create-client-keys.ts'
import { createJournal } from '../../../workers/summary/journal.ts'
import { extendWindow } from '../../../workers/summary/extend-window.ts'
import { findTransaction } from '../../../workers/summary/find-transaction.ts'
import { listTransactions } from '../../../workers/summary/list-transactions.ts'
import { createTestDatabases, type TestDatabases } from '../../support/postgres.ts'

let databases: TestDatabases
let pool: Pool

beforeAll(async () => {
  databases = createTestDatabases()
  pool = await databases.createDatabase('ips_summary', 'workers/summary/schema')
})

afterAll(() => databases.drop())

/** Puts transactions of a client into the journal, each a second younger than the one before. */
async function insert(clientId: string, count: number, prefix = 'case') {
  await pool.query(
    `INSERT INTO transactions (client_id, correlation_id, announced, window_start, window_seconds, idle_seconds,
       token, token_ingested_at, traceparent, synthetic, identity_threshold, changed_at)
     SELECT $1, $3 || n, 0, now(), 60, 30, 'token', now(), '', false, 0.42, now() - make_interval(secs => n)
     FROM generate_series(1, $2::integer) AS n`,
    [clientId, count, prefix],
  )
  return Array.from({ length: count }, (_, n) => ({ clientId, correlationId: `${prefix}${n + 1}` }))
}

const insertMessage = ({ clientId, correlationId }: Key) =>
  pool.query(
    `INSERT INTO messages (client_id, correlation_id, message_id, image_id, service, version, content)
     VALUES ($1, $2, $3, 'image', 'ocr', '1.0', '{"kind": "terminal", "results": 0}')`,
    [clientId, correlationId, randomUUID()],
  )
const insertRevision = ({ clientId, correlationId }: Key, revision: number, outcome: string) =>
  pool.query(
    `INSERT INTO summaries (client_id, correlation_id, revision, outcome, messages)
     VALUES ($1, $2, $3::integer, $4, $3::integer)`,
    [clientId, correlationId, revision, outcome],
  )

interface Key {
  readonly clientId: string
  readonly correlationId: string
}

describe('listTransactions', () => {
  test('tells open transactions from finished ones by their newest revision', async () => {
    const clientId = randomUUID()
    const [fresh, complete, late, partial] = (await insert(clientId, 4)) as [Key, Key, Key, Key]
    for (const key of [fresh, complete, late, late, partial, partial]) await insertMessage(key)
    await insertRevision(complete, 1, 'complete')
    await insertRevision(late, 1, 'complete')
    await insertRevision(partial, 1, 'complete')
    await insertRevision(partial, 2, 'partial')
    const list = async (state?: 'open' | 'complete' | 'partial') =>
      (
        await listTransactions(pool, {
          clientId,
          limit: 9,
          ...(state === undefined ? {} : { state }),
        })
      ).map((one) => [one.correlationId, one.state, one.progress.revision])
    expect(await list()).toEqual([
      ['case1', 'open', 0],
      ['case2', 'complete', 1],
      ['case3', 'open', 1],
      ['case4', 'partial', 2],
    ])
    expect(await list('open')).toEqual([
      ['case1', 'open', 0],
      ['case3', 'open', 1],
    ])
    expect(await list('partial')).toEqual([['case4', 'partial', 2]])
  })

  test('reads no more than it shows of a client with many transactions', async () => {
    const clientId = randomUUID()
    await insert(clientId, 5_000)
    // All of them are younger.
    await pool.query(`UPDATE transactions SET changed_at = changed_at - interval '1 day'`)
    for (let other = 0; other < 5; other += 1) await insert(randomUUID(), 5_000)
    await pool.query('ANALYZE')
    const before = await readRows()
    expect(await listTransactions(pool, { clientId, limit: 10 })).toHaveLength(10)
    expect((await readRows()) - before).toBeLessThan(200)
  })

  test('knows nothing of the transactions of others', async () => {
    const [mine, theirs] = [randomUUID(), randomUUID()]
    await insert(mine, 1)
    await insert(theirs, 1)
    const listed = await listTransactions(pool, { clientId: mine, limit: 9 })
    expect(listed.map(({ clientId }) => clientId)).toEqual([mine])
  })
})

/** Rows of transactions that statements have read so far. */
async function readRows(): Promise<number> {
  await pool.query('SELECT pg_stat_force_next_flush()')
  const { rows } = await pool.query<{ read: string }>(
    `SELECT coalesce(idx_tup_fetch, 0) + seq_tup_read AS read FROM pg_stat_user_tables
     WHERE relname = 'transactions'`,
  )
  return Number(rows[0]?.read)
}

/** There is no revision to open. */
const noKeys = createClientKeys('/nowhere')

describe('extendWindow', () => {
  test('keeps a transaction until its new end and for late results, and never shortens it', async () => {
    const [key] = (await insert(randomUUID(), 1, randomUUID())) as [Key]
    const days = (count: number) => Date.now() + count * 86_400_000
    await extendWindow(pool, key, days(30))
    await extendWindow(pool, key, days(2))
    const age = (count: number) =>
      pool.query(
        `UPDATE transactions SET changed_at = now() - make_interval(days => $2) WHERE correlation_id = $1`,
        [key.correlationId, count],
      )
    const isThere = async () => (await findTransaction(pool, noKeys, key)) !== undefined
    await age(36)
    await createJournal(pool).removeExpired()
    expect(await isThere()).toBe(true)
    await age(38)
    await createJournal(pool).removeExpired()
    expect(await isThere()).toBe(false)
  })
})
