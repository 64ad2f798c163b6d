import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { pino } from 'pino'
import { withTransaction } from '../../../lib/postgres/create-pool.ts'
import { migrate } from '../../../lib/postgres/migrate.ts'
import { createTestDatabases, type TestDatabases } from '../../support/postgres.ts'
import { until } from '../../support/until.ts'

describe('migrate', () => {
  let databases: TestDatabases
  let directory: string

  beforeAll(async () => {
    databases = createTestDatabases()
    directory = await mkdtemp(path.join(os.tmpdir(), 'ips-migrations-'))
    await writeFile(
      path.join(directory, '001-first.sql'),
      'CREATE TABLE first (id int PRIMARY KEY);',
    )
  })

  afterAll(async () => {
    await databases.drop()
    await rm(directory, { recursive: true })
  })

  it('creates the database and its schema, once, when several processes start at the same time', async () => {
    const options = {
      url: databases.url,
      database: `${databases.prefix}together`,
      directory,
      logger: pino({ level: 'silent' }),
    }
    await Promise.all([migrate(options), migrate(options), migrate(options)])
    const pool = await databases.createDatabase('together', directory)
    const { rows } = await pool.query('SELECT count(*)::int AS migrations FROM schema_migrations')
    expect(rows).toEqual([{ migrations: 1 }])
  })

  it('brings an older schema up to date', async () => {
    const pool = await databases.createDatabase('older', directory)
    await writeFile(path.join(directory, '002-second.sql'), 'ALTER TABLE first ADD name text;')
    await databases.createDatabase('older', directory)
    await expect(pool.query('SELECT name FROM first')).resolves.toMatchObject({ rows: [] })
  })

  it('rejects, and harms nothing else, where its connection breaks', async () => {
    const slow = await mkdtemp(path.join(os.tmpdir(), 'ips-migrations-'))
    await writeFile(path.join(slow, '001-slow.sql'), 'SELECT pg_sleep(60);')
    const database = `${databases.prefix}broken`
    const migrated = migrate({
      url: databases.url,
      database,
      directory: slow,
      logger: pino({ level: 'silent' }),
    })
    const outcome = migrated.then(
      () => 'it was migrated',
      () => 'it was not',
    )
    const pool = await databases.createDatabase('other', directory)
    await until('the migration runs and is cut', async () => {
      const { rows } = await pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND query LIKE '%pg_sleep%'`,
        [database],
      )
      return rows.length > 0
    })
    expect(await outcome).toBe('it was not')
    await rm(slow, { recursive: true })
  })
})

describe('withTransaction', () => {
  let databases: TestDatabases

  beforeAll(() => {
    databases = createTestDatabases()
  })

  afterAll(() => databases.drop())

  it('keeps everything or nothing', async () => {
    const directory = await mkdtemp(path.join(os.tmpdir(), 'ips-migrations-'))
    await writeFile(
      path.join(directory, '001-first.sql'),
      'CREATE TABLE first (id int PRIMARY KEY);',
    )
    const pool = await databases.createDatabase('transactions', directory)
    await rm(directory, { recursive: true })
    const failing = withTransaction(pool, async (client) => {
      await client.query('INSERT INTO first VALUES (1)')
      throw new Error('on purpose')
    })
    await expect(failing).rejects.toThrow('on purpose')
    await withTransaction(pool, (client) => client.query('INSERT INTO first VALUES (2)'))
    expect((await pool.query('SELECT id FROM first')).rows).toEqual([{ id: 2 }])
    expect(pool.idleCount).toBe(pool.totalCount)
  })
})
