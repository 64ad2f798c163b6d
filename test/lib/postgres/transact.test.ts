import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { Pool } from '../../../lib/postgres/create-pool.ts'
import { transact } from '../../../lib/postgres/transact.ts'
import { createTestDatabases, type TestDatabases } from '../../support/postgres.ts'

let databases: TestDatabases
let migrations: string
let pool: Pool

beforeAll(async () => {
  databases = createTestDatabases()
  migrations = await mkdtemp(path.join(os.tmpdir(), 'ips-transact-'))
  await writeFile(
    path.join(migrations, '001-numbers.sql'),
    'CREATE TABLE numbers (n integer UNIQUE)',
  )
  pool = await databases.createDatabase('transact', migrations)
})

beforeEach(() => pool.query('TRUNCATE numbers'))

afterAll(async () => {
  await databases.drop()
  await rm(migrations, { recursive: true })
})

const insert = (n: number) => ({
  text: 'INSERT INTO numbers VALUES ($1) RETURNING n, pg_backend_pid() AS pid',
  values: [n],
})

const numbers = async () => {
  const { rows } = await pool.query<{ n: number }>('SELECT n FROM numbers ORDER BY n')
  return rows.map(({ n }) => n)
}

test('answers what each statement returned, once all of it is committed', async () => {
  const sum = { text: 'SELECT sum(n)::integer AS sum FROM numbers' }
  const results = await transact(pool, [insert(1), sum, insert(2), sum])
  expect(results).toMatchObject([[{ n: 1 }], [{ sum: 1 }], [{ n: 2 }], [{ sum: 3 }]])
  expect(await numbers()).toEqual([1, 2])
})

test('does nothing where a statement fails, and says why that one failed', async () => {
  await transact(pool, [insert(1)])
  const failing = transact(pool, [insert(2), insert(1), insert(3)])
  await expect(failing).rejects.toMatchObject({ code: '23505' })
  expect(await numbers()).toEqual([1])
})

test('goes on with its connection after a failure', async () => {
  const [first] = await transact(pool, [insert(1)])
  await expect(transact(pool, [insert(1)])).rejects.toMatchObject({ code: '23505' })
  const [second] = await transact(pool, [insert(2)])
  expect(pidOf(second)).toBe(pidOf(first))
})

test('gives up a connection that is lost, having done nothing', async () => {
  await transact(pool, [insert(1)])
  const end = { text: 'SELECT pg_terminate_backend(pg_backend_pid())' }
  await expect(transact(pool, [insert(2), end, insert(3)])).rejects.toThrow()
  expect(await numbers()).toEqual([1])
  await transact(pool, [insert(4)])
  expect(await numbers()).toEqual([1, 4])
})

function pidOf(rows: readonly unknown[] | undefined): unknown {
  return (rows?.[0] as { pid: number } | undefined)?.pid
}
