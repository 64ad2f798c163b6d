import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { pino } from 'pino'
import { createPool, databaseUrl, type Pool } from '../../lib/postgres/create-pool.ts'
import { migrate } from '../../lib/postgres/migrate.ts'

/** Databases of one test file on the real server, under a prefix of their own. */
export interface TestDatabases {
  /** The server's URL, without a database: `POSTGRES_URL`. */
  readonly url: string
  /** For `postgresDatabasePrefix`. */
  readonly prefix: string
  /**
   * A pool of the database `prefix + name`, created and migrated with the SQL files of `directory`; `settings` as for
   * `createPool`.
   */
  createDatabase(
    name: string,
    directory: string,
    settings?: Readonly<Record<string, string>>,
  ): Promise<Pool>
  /** Closes the pools and drops every database with the prefix. */
  drop(): Promise<void>
}

/** Creates a random prefix. Throws where `POSTGRES_URL` is not set: these tests need the server. */
export function createTestDatabases(): TestDatabases {
  const url = process.env['POSTGRES_URL']
  if (url === undefined) throw new Error('POSTGRES_URL is not set')
  const prefix = `test_${randomBytes(6).toString('hex')}_`
  const logger = pino({ level: 'silent' })
  const pools: Pool[] = []
  return {
    url,
    prefix,
    async createDatabase(name, directory, settings = {}) {
      const database = `${prefix}${name}`
      await migrate({ url, database, directory, logger })
      const pool = createPool({ url, database, size: 4, logger, settings })
      pools.push(pool)
      return pool
    },
    async drop() {
      await Promise.all(pools.map((pool) => pool.end()))
      await dropDatabases(url, prefix)
    },
  }
}

async function dropDatabases(url: string, prefix: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl(url, 'postgres') })
  await client.connect()
  try {
    const { rows } = await client.query<{ datname: string }>(
      'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
      [prefix],
    )
    for (const { datname } of rows) {
      await client.query(`DROP DATABASE ${client.escapeIdentifier(datname)} WITH (FORCE)`)
    }
  } finally {
    await client.end()
  }
}
