import pg from 'pg'
import type { Logger } from '../telemetry/create-logger.ts'

export type { Pool, PoolClient } from 'pg'

/** A server that does not answer by then is taken for unreachable. */
export const connectionTimeoutMs = 5_000
/** No statement of these services takes long; one that does waits for a lock that never comes. */
const statementTimeoutMs = 30_000

/** Which database, and how much of it. */
export interface PoolOptions {
  /** The server, without a database. */
  readonly url: string
  readonly database: string
  readonly size: number
  readonly logger: Logger
  /** Settings of the server for these connections, in its own words. */
  readonly settings?: Readonly<Record<string, string>>
}

/** The URL of one database of the server. */
export function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  return url.toString()
}

/** Creates a pool of connections. Connects on first use; a connection that breaks while idle is logged and replaced. */
export function createPool(options: PoolOptions): pg.Pool {
  const { url, database, size, logger, settings = {} } = options
  const pool = new pg.Pool({
    connectionString: databaseUrl(url, database),
    max: size,
    // What is asked without waiting for the answer before is sent at once.
    pipeline: true,
    connectionTimeoutMillis: connectionTimeoutMs,
    statement_timeout: statementTimeoutMs,
    application_name: `ips ${database}`,
    options: Object.entries(settings)
      .map(([name, value]) => `-c ${name}=${value}`)
      .join(' '),
  })
  // While it is in use its statements say so; an event that nobody hears would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  pool.on('error', (error) => logger.warn({ error, database }, 'postgres.connection-lost'))
  return pool
}

/** Runs `work` in one transaction: commits where it resolves, rolls back where it rejects. */
export async function withTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    client.release()
    return result
  } catch (error) {
    // A connection whose rollback fails must not go back into the pool.
    await client.query('ROLLBACK').then(
      () => client.release(),
      (rollbackError: unknown) =>
        client.release(rollbackError instanceof Error ? rollbackError : true),
    )
    throw error
  }
}
