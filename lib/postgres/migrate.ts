import pg from 'pg'
import { runner } from 'node-pg-migrate'
import type { Logger } from '../telemetry/create-logger.ts'
import { connectionTimeoutMs, databaseUrl } from './create-pool.ts'

/** PostgreSQL's code for a database that exists. */
const duplicateDatabase = '42P04'
/** And for two creations of it at the same time. */
const uniqueViolation = '23505'

/**
 * Creates the database where it does not exist, and brings its schema up to date with the SQL files in `directory`
 * (`001-name.sql`, in their order). Idempotent and safe when several processes start at once.
 */
export async function migrate(options: {
  url: string
  database: string
  directory: string
  logger: Logger
}): Promise<void> {
  await createDatabase(options.url, options.database)
  await withClient(options, async (dbClient) => {
    await runner({
      dbClient,
      dir: options.directory,
      direction: 'up',
      migrationsTable: 'schema_migrations',
      // Several processes of a role may start at once: the later ones wait.
      advisoryLockMode: 'wait',
      lockValue: 7_241_853,
      log: (message) => options.logger.debug({ detail: message }, 'schema.migrated'),
    })
  })
}

async function createDatabase(url: string, database: string): Promise<void> {
  await withClient({ url, database: 'postgres' }, async (client) => {
    try {
      await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`)
    } catch (error) {
      const code = error instanceof pg.DatabaseError ? error.code : undefined
      if (code !== duplicateDatabase && code !== uniqueViolation) throw error
    }
  })
}

async function withClient(
  { url, database }: { url: string; database: string },
  work: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({
    connectionString: databaseUrl(url, database),
    connectionTimeoutMillis: connectionTimeoutMs,
  })
  // Its statements fail then; an event that nobody hears would end the process.
  client.on('error', () => undefined)
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
