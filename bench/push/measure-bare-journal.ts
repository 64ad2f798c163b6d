import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Pool } from '../../lib/postgres/create-pool.ts'
import { createTestDatabases } from '../../test/support/postgres.ts'
import { readCpuSeconds } from '../cpu-by-process.ts'
import { findListener } from '../find-listener.ts'
import { round } from '../statistics.ts'

/** What PostgreSQL needs for the least that a journal has to do, one statement after the other on one connection. */
export interface BareJournal {
  readonly rows: number
  readonly perSecond: number
  /** CPU of the server for each message; absent where it runs on another machine. */
  readonly postgresMs?: number
}

const rowsPerStatement = 500
const body = 'x'.repeat(1_024)

const tables = `
  CREATE TABLE messages (
    endpoint_id text NOT NULL, position bigint GENERATED ALWAYS AS IDENTITY, message_id text NOT NULL, body text NOT NULL,
    PRIMARY KEY (endpoint_id, position), UNIQUE (endpoint_id, message_id)
  );
  CREATE TABLE outcomes (
    endpoint_id text NOT NULL, position bigint NOT NULL, state text NOT NULL, PRIMARY KEY (endpoint_id, position)
  )`

/**
 * The baseline of the journal: writes messages of 1 KiB in statements of 500, each durable, reads them again, and writes an
 * outcome for each; two indexes on the messages, one on the outcomes. Nothing else: no copies, no wake-ups, no cursors.
 */
export async function measureBareJournal(rows: number): Promise<BareJournal> {
  const databases = createTestDatabases()
  const directory = await mkdtemp(path.join(tmpdir(), 'ips-bench-'))
  try {
    const pool = await databases.createDatabase('bare', directory)
    await pool.query(tables)
    const pid = await findListener(Number(new URL(databases.url).port))
    const server = pid === undefined ? [] : [{ name: 'postgres', pid }]
    await workOn(pool, 0, rowsPerStatement)
    const before = await readCpuSeconds(server)
    const startedAt = performance.now()
    for (let first = rowsPerStatement; first < rows + rowsPerStatement; first += rowsPerStatement)
      await workOn(pool, first, rowsPerStatement)
    const perSecond = round((rows * 1_000) / (performance.now() - startedAt))
    const after = await readCpuSeconds(server)
    const seconds = (after.get('postgres') ?? 0) - (before.get('postgres') ?? 0)
    const cpu = pid === undefined ? {} : { postgresMs: round((seconds * 1_000) / rows) }
    return { rows, perSecond, ...cpu }
  } finally {
    await databases.drop()
    await rm(directory, { recursive: true, force: true })
  }
}

async function workOn(pool: Pool, first: number, count: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, index) => `message-${first + index}`)
  await pool.query({
    name: 'append',
    text: `INSERT INTO messages (endpoint_id, message_id, body)
      SELECT 'endpoint', id, body FROM unnest($1::text[], $2::text[]) AS message (id, body)`,
    values: [ids, ids.map(() => body)],
  })
  const { rows } = await pool.query<{ position: string }>({
    name: 'read',
    text: `SELECT position, message_id, body FROM messages WHERE endpoint_id = 'endpoint' AND position > $1
      ORDER BY position LIMIT $2`,
    values: [first, count],
  })
  await pool.query({
    name: 'settle',
    text: `INSERT INTO outcomes SELECT 'endpoint', position, 'delivered' FROM unnest($1::bigint[]) AS settled (position)`,
    values: [rows.map(({ position }) => position)],
  })
}
