import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { databaseUrl, type Pool } from '../../lib/postgres/create-pool.ts'
import { renderMessage } from './render-message.ts'

/** Messages in one statement of the preparation. */
const rowsPerInsert = 1_000

/** Puts so many messages into a plain table: a row each, with the same bytes that the stream has. */
export async function fillPlainTable(pool: Pool, count: number): Promise<void> {
  await pool.query('CREATE TABLE plain (message_offset bigint PRIMARY KEY, message text NOT NULL)')
  for (let first = 1; first <= count; first += rowsPerInsert) {
    const size = Math.min(rowsPerInsert, count + 1 - first)
    const numbers = Array.from({ length: size }, (_, index) => first + index)
    await pool.query('INSERT INTO plain SELECT * FROM unnest($1::bigint[], $2::text[])', [
      numbers,
      numbers.map((number) => renderMessage(number).json.toString()),
    ])
  }
  await pool.query('VACUUM ANALYZE plain')
}

/** A copy of the plain table, in its order, which nobody looks at. */
export interface PlainCopy {
  readonly ms: number
  /** `psql`: its `\\copy`; `pg`: where the machine has no psql, the same statement by the driver that we use. */
  readonly by: 'psql' | 'pg'
}

const copyStatement =
  'COPY (SELECT message_offset, message FROM plain ORDER BY message_offset) TO STDOUT'

/** Copies the plain table of a pool's database. */
export async function copyPlainTable(pool: Pool, database: string): Promise<PlainCopy> {
  const ms = await copyByPsql(database)
  if (ms !== undefined) return { ms, by: 'psql' }
  const startedAt = performance.now()
  await pool.query(copyStatement)
  return { ms: performance.now() - startedAt, by: 'pg' }
}

/** In ms; `undefined` where there is no psql. */
async function copyByPsql(database: string): Promise<number | undefined> {
  const url = databaseUrl(process.env['POSTGRES_URL'] ?? '', database)
  const copy = `\\${copyStatement.replace('COPY', 'copy')}`
  const startedAt = performance.now()
  const child = spawn('psql', ['--no-psqlrc', '--quiet', '--dbname', url, '--command', copy], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  try {
    const [code] = (await once(child, 'close')) as [number]
    if (code !== 0) throw new Error(`psql ended with ${code}`)
    return performance.now() - startedAt
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
